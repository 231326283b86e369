"""Read text files as spreadsheets and editors save them: UTF-8, or UTF-16 with a byte order mark."""

from __future__ import annotations

import codecs
from pathlib import Path

MOST_BYTES = 20 * 1024 * 1024


class UnreadableText(Exception):
    """The file is no text; the message is the reason, `line` the place."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def read_text(path: Path) -> str:
    """Return the file's text, without the byte order mark. Raises UnreadableText, with a remedy if there is one."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableText(f"is larger than {MOST_BYTES // 1024 // 1024} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableText(f"cannot be read: {error.strerror}") from None
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(raw, "utf-16")
    if b"\x00" in raw:
        line = raw[: raw.index(b"\x00")].count(b"\n") + 1
        raise UnreadableText(
            "holds a NUL: no text file, or one in UTF-16 without its mark; save it as UTF-8", line
        )
    return _decoded(raw, "utf-8-sig")


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise UnreadableText(
            f"is not {name}: save it as UTF-8 (in a spreadsheet “CSV UTF-8”)", line
        ) from None
    if "\x00" in text:
        raise UnreadableText("holds a NUL: no text file", text[: text.index("\x00")].count("\n") + 1)
    return text
