"""Text as a receipt printer can print it: one code page, no control characters."""

from __future__ import annotations

import unicodedata

# Signs of good typography that the code pages lack, and what is read the same.
_PLAIN = str.maketrans(
    {
        "–": "-", "—": "-", "‑": "-", "−": "-", "…": "...", "•": "*", "“": '"', "”": '"', "„": '"', "‘": "'",
        "’": "'", "×": "x", "€": "EUR", "™": "TM", "→": "->", "←": "<-",
    }
)  # fmt: skip


def printable(text: str, code_page: str) -> str:
    """Return the text with only what `code_page` has; control characters become spaces.

    A letter that is missing loses its accent, and is "?" if that does not help. Control characters would be
    commands to the printer.
    """
    composed = unicodedata.normalize("NFC", text)
    cleaned = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in composed)
    return "".join(_fit(sign, code_page) for sign in cleaned)


def _fit(sign: str, code_page: str) -> str:
    if _has(code_page, sign):
        return sign
    for simpler in (sign.translate(_PLAIN), unicodedata.normalize("NFKD", sign)):
        kept = "".join(one for one in simpler if not unicodedata.combining(one))
        if kept and all(_has(code_page, one) for one in kept):
            return kept
    return "?"


def _has(code_page: str, sign: str) -> bool:
    try:
        sign.encode(code_page)
    except UnicodeEncodeError:
        return False
    return True
