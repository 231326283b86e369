"""The text that a computer receives from a scanner which is set to another keyboard layout."""

from __future__ import annotations

# Each row of keys without and with Shift, in the places of the US keyboard's 1…0 and letters. A dead key is what it
# types before a blank.
_US = ("1234567890QWERTYUIOPASDFGHJKL;ZXCVBNM,", "!@#$%^&*()QWERTYUIOPASDFGHJKL:ZXCVBNM<")
LAYOUTS = {
    "US": _US,
    "ABNT2": ("1234567890QWERTYUIOPASDFGHJKLÇZXCVBNM,", "!@#$%¨&*()QWERTYUIOPASDFGHJKLÇZXCVBNM<"),
    "QWERTZ": ("1234567890QWERTZUIOPASDFGHJKLÖYXCVBNM,", '!"§$%&/()=QWERTZUIOPASDFGHJKLÖYXCVBNM;'),
    "AZERTY": ("&é\"'(-è_çàAZERTYUIOPQSDFGHJKLMWXCVBN,;", "1234567890AZERTYUIOPQSDFGHJKLMWXCVBN?."),
    "Belgian": ("&é\"'(§è!çàAZERTYUIOPQSDFGHJKLMWXCVBN,;", "1234567890AZERTYUIOPQSDFGHJKLMWXCVBN?."),
    "Spanish": ("1234567890QWERTYUIOPASDFGHJKLÑZXCVBNM,", '!"·$%&/()=QWERTYUIOPASDFGHJKLÑZXCVBNM;'),
    "Czech": ("+ěščřžýáíéQWERTZUIOPASDFGHJKLŮYXCVBNM,", '1234567890QWERTZUIOPASDFGHJKL"YXCVBNM?'),
    "Russian": ("1234567890ЙЦУКЕНГШЩЗФЫВАПРОЛДЖЯЧСМИТЬБ", '!"№;%:?*()ЙЦУКЕНГШЩЗФЫВАПРОЛДЖЯЧСМИТЬБ'),
}


def type_on_layout(text: str, scanner: str, computer: str) -> str:
    """The text that a computer with one layout receives when a scanner with another layout types `text`."""
    return "".join(_key(sign, LAYOUTS[scanner], LAYOUTS[computer]) for sign in text)


def invert_shift(text: str, computer: str) -> str:
    """The text with Shift inverted, as with Caps Lock on: small letters, and the signs above the digits."""
    plain, shifted = LAYOUTS[computer]
    swapped = "".join(shifted[plain.index(sign)] if sign in plain[:10] else sign.lower() for sign in text)
    return swapped.replace("¨a", "ä").replace("¨e", "ë")  # a dead key joins the letter after it


def _key(sign: str, scanner: tuple[str, str], computer: tuple[str, str]) -> str:
    plain, shifted = scanner
    if sign.isdigit() and sign in plain:
        return computer[0][plain.index(sign)]
    return computer[1][shifted.index(sign)]
