"""Typed and pasted text, cleaned of invisible characters."""

from __future__ import annotations

import unicodedata

import idna

# Characters without width, or that look like a blank, which Unicode does not class as controls or formats: Hangul
# fillers, the empty Braille pattern, the joiner of accents.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d")


def visible_line(text: str) -> str:
    """`text` as one line in NFC, without controls, direction marks and characters without width.

    Each run of blanks becomes one blank. Joiners stay where Persian and the scripts of India need them.
    """
    kept = (char for place, char in enumerate(text) if _is_visible(text, place, char))
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


def canonical_line(text: str) -> str:
    """The text of `visible_line` in NFKC, one spelling for compatible characters: `Ａ`, `ﬁ`, `①` become A, fi, 1."""
    return visible_line(
        "".join(char for char in unicodedata.normalize("NFKC", text) if not _is_variation(char))
    )


def _is_visible(text: str, place: int, char: str) -> bool:
    if char in _JOINERS:
        return _joins(text, place)
    return char.isspace() or (char not in _INVISIBLE and unicodedata.category(char) not in ("Cc", "Cf", "Cs"))


def _joins(text: str, place: int) -> bool:
    try:
        return idna.valid_contextj(text, place)
    except ValueError:  # next to a character that idna does not know
        return False


def _is_variation(char: str) -> bool:
    return (
        "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" or "\u180b" <= char <= "\u180f"
    )
