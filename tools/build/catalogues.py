"""The translations: `app/translations/<locale>/*.po`, one file for each area, compiled into one `messages.mo`.

.venv/bin/python -m tools.build.catalogues            compile (the set-up does it)
.venv/bin/python -m tools.build.catalogues --check    print texts without a translation, as entries to fill in,
                                                      and translations that no code uses any more

Message ids are the English texts. A new language is a copy of a folder, and its name in `app/core/i18n.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from app.core.i18n import LOCALES
from tools.build.steps import ROOT

FOLDER = ROOT / "app" / "translations"
SOURCES = ("app", "kiosk", "templates")
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {
    "**.html": {"trimmed": "true", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"},
    "**.txt": {"trimmed": "true", "silent": "false", "trim_blocks": "true"},
}
KEYWORDS = DEFAULT_KEYWORDS | {"translate": (2,)}
COMMENT = "Translators:"


def locales() -> list[str]:
    return sorted(
        folder.name for folder in FOLDER.iterdir() if folder.name in LOCALES and sources(folder.name)
    )


def sources(locale: str) -> list[Path]:
    return sorted((FOLDER / locale).glob("*.po"))


def compiled(locale: str) -> Path:
    return FOLDER / locale / "LC_MESSAGES" / "messages.mo"


def read(locale: str) -> Catalog:
    """All files of a language as one catalogue."""
    whole = Catalog(locale=locale, charset="utf-8")
    for path in sources(locale):
        for message in texts(read_file(path, locale)):
            whole.add(message.id, message.string, flags=message.flags, context=message.context)
    return whole


def read_file(path: Path, locale: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def extracted_texts() -> Catalog:
    """Every text that code and templates translate, with the files that use it."""
    catalogue = Catalog(project="Bilheteria", charset="utf-8")
    for folder in SOURCES:
        found = extract_from_dir(
            ROOT / folder, METHODS, OPTIONS, KEYWORDS, (COMMENT,), strip_comment_tags=True
        )
        for name, _line, message, comments, context in found:
            place = f"{folder}/{Path(name).as_posix()}"
            catalogue.add(message, locations=[(place, 1)], auto_comments=comments, context=context)
    return catalogue


def texts(catalogue: Catalog) -> Iterator[Message]:
    """The messages without the header."""
    return (message for message in catalogue if message.id)


def missing(translated: Catalog, wanted: Catalog) -> list[Message]:
    """The texts of `wanted` that have no whole translation."""
    return [
        message for message in texts(wanted) if not _is_whole(translated.get(message.id, message.context))
    ]


def _is_whole(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    parts = message.string if isinstance(message.string, tuple | list) else [message.string]
    return all(parts) and bool(parts)


def unused(translated: Catalog, wanted: Catalog) -> list[Message]:
    return [message for message in texts(translated) if wanted.get(message.id, message.context) is None]


def check() -> bool:
    """Print missing translations as entries to fill in, and unused ones. Returns whether there are neither."""
    wanted = extracted_texts()
    well = True
    for locale in locales():
        catalogue = read(locale)
        absent = Catalog(charset="utf-8")
        for message in missing(catalogue, wanted):
            absent[message.id] = message
        for message in unused(catalogue, wanted):
            well = False
            print(f"{locale}: nothing uses {message.id!r} any more")
        if len(absent):
            well = False
            print(f"{locale}: not translated yet\n")
            write_po(sys.stdout.buffer, absent, omit_header=True, include_lineno=False)
    return well


def compile_all() -> None:
    for locale in locales():
        target = compiled(locale)
        target.parent.mkdir(exist_ok=True)
        unfinished = target.with_suffix(".mo.new")
        with unfinished.open("wb") as file:
            write_mo(file, read(locale))
        unfinished.replace(target)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="print what is missing or unused")
    asked = parser.parse_args()
    try:
        if asked.check:
            return 0 if check() else 1
        compile_all()
    except ValueError as error:
        print(f"a translation cannot be compiled: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
