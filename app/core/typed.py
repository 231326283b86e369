"""What people type and paste, as they see it: without the signs that nobody sees."""

from __future__ import annotations

import unicodedata

import idna

# They take no room on a screen, or look like a blank, and are neither controls nor formats to Unicode: fillers of
# Hangul, the empty Braille pattern, the joiner of accents.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d")


def seen(text: str) -> str:
    """One line in NFC: no controls, direction marks or signs of no width; every run of blanks is one blank.

    The joiners stay where Persian and the scripts of India spell with them.
    """
    kept = (sign for place, sign in enumerate(text) if _is_seen(text, place, sign))
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


def plain(text: str) -> str:
    """As `seen`, for what has one spelling only: `Ａ`, `ﬁ` and `①` are A, fi and 1, variants of a sign the sign."""
    return seen("".join(sign for sign in unicodedata.normalize("NFKC", text) if not _is_variation(sign)))


def _is_seen(text: str, place: int, sign: str) -> bool:
    if sign in _JOINERS:
        return _joins(text, place)
    return sign.isspace() or (sign not in _UNSEEN and unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))


def _joins(text: str, place: int) -> bool:
    try:
        return idna.valid_contextj(text, place)
    except ValueError:  # next to a sign that it does not know
        return False


def _is_variation(sign: str) -> bool:
    return (
        "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef" or "\u180b" <= sign <= "\u180f"
    )
