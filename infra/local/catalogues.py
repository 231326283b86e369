"""The translations: `app/translations/<locale>/LC_MESSAGES/messages.po`, compiled to the .mo beside it.

.venv/bin/python -m infra.local.catalogues            compile (the set-up does it)
.venv/bin/python -m infra.local.catalogues --update   take up the texts of code and templates, then compile

Message ids are the English texts. `--update` keeps every translation, adds what is new with an empty one, drops
what nothing says any more, and lists what is still to be translated.
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

from infra.local.steps import ROOT

FOLDER = ROOT / "app" / "translations"
SPOKEN = ("app", "kiosk", "templates")
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {
    "**.html": {"trimmed": "true", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"},
    "**.txt": {"trimmed": "true", "silent": "false", "trim_blocks": "true"},
}
KEYWORDS = DEFAULT_KEYWORDS | {"translate": (2,), "translate_plural": (2, 3)}
COMMENT = "Translators:"


def locales() -> list[str]:
    return sorted(path.parts[-3] for path in FOLDER.glob("*/LC_MESSAGES/messages.po"))


def source(locale: str) -> Path:
    return FOLDER / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> Catalog:
    """The translations as they are committed."""
    with source(locale).open("rb") as file:
        catalogue = read_po(file, locale=locale, domain="messages", abort_invalid=True)
    for fragment in sorted((FOLDER / "fragments").glob("*.po")):
        with fragment.open("rb") as file:
            for message in texts(read_po(file, locale=locale, abort_invalid=True)):
                catalogue.add(message.id, message.string, flags=message.flags, context=message.context)
    return catalogue


def spoken() -> Catalog:
    """Every text that code and templates ask to be translated, with the files that say it."""
    catalogue = Catalog(project="Bilheteria", charset="utf-8")
    for folder in SPOKEN:
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
    return [message for message in texts(wanted) if not _is_whole(translated.get(message.id, message.context))]


def _is_whole(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    parts = message.string if isinstance(message.string, tuple | list) else [message.string]
    return all(parts) and bool(parts)


def update() -> list[Message]:
    """Write every catalogue anew from what is spoken; returns what is still to be translated."""
    wanted = spoken()
    untranslated: list[Message] = []
    for locale in locales():
        old = read(locale)
        untranslated += missing(old, wanted)
        old.update(wanted, no_fuzzy_matching=True)
        old.obsolete.clear()
        with source(locale).open("wb") as file:
            write_po(file, old, width=100, include_lineno=False, sort_by_file=True)
    return untranslated


def compile_all() -> None:
    for locale in locales():
        compiled = source(locale).with_suffix(".mo")
        unfinished = compiled.with_suffix(".mo.new")
        with unfinished.open("wb") as file:
            write_mo(file, read(locale))
        unfinished.replace(compiled)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="take up new texts first")
    wanted = parser.parse_args()
    try:
        for message in update() if wanted.update else []:
            print(f"to be translated: {message.id!r}")
        compile_all()
    except ValueError as error:
        print(f"a translation cannot be compiled: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
