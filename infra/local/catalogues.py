"""Compile the translations: every .po file gets its .mo beside it.

.venv/bin/python -m infra.local.catalogues
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from infra.local.steps import ROOT

FOLDERS = ("app/translations", "translations")


def sources() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*/LC_MESSAGES/*.po"))]


def compile_all() -> None:
    for source in sources():
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3], abort_invalid=True)
        unfinished = source.with_suffix(".mo.new")
        with unfinished.open("wb") as file:
            write_mo(file, catalogue)
        unfinished.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    try:
        compile_all()
    except ValueError as error:
        sys.exit(f"a translation cannot be compiled: {error}")
