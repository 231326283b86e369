"""What a scanner that types as a keyboard makes of a QR's text: several in one go, and signs of another layout.

A scanner presses keys, and the computer reads them by its own layout. Where the two differ, other signs come out: on
AZERTY `&` for 1 and Q for A, on QWERTZ Z for Y; with Shift or Caps Lock held the wrong way round `!` for 1. Such a text
is put back by each usual layout, and the ticket's signature tells whether one of them was right: nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import product

from app.core.codes import ALPHABET
from app.tickets import qr

CODE_LENGTH = 10  # what people type
MOST_CODES = 20  # of one form: a scanner's memory read out
_LONGEST = 10_000
_BETWEEN = re.compile(r"[\t\r\n\x04\x1c-\x1f]+")
_JOINED = re.compile(r"(?=BIL[1&!+])", re.IGNORECASE)
_LEAD = re.compile(r"^\W*\w{0,3}\W*(?=BIL[1&!+])", re.IGNORECASE)
_CODE = re.compile(rf"[{ALPHABET}]{{{CODE_LENGTH}}}")
_BEGINNING, _ABOUT = qr.PREFIX[:3], range(qr.LENGTH - 12, qr.LENGTH + 13)

# Letters that come out, and those that were meant.
_LETTERS: tuple[dict[int, int], ...] = (
    {},
    str.maketrans("YZ", "ZY"),  # QWERTZ
    # AZERTY. M is a sign there, or it is a sign here: on the keyboards of the US, Brazil, Spain and Germany.
    str.maketrans("AQWZ?,;:ÇÑÖ", "QAZWMMMMMMM"),
    str.maketrans("AQWZY?,", "QAYWZMM"),  # a QWERTZ scanner on AZERTY
    str.maketrans("AQYWZÖ;", "QAWZYMM"),  # an AZERTY scanner on QWERTZ
)
# What stands on the keys of 1 to 0 where a digit needs Shift, or is typed with Shift where it needs none.
_DIGITS: tuple[dict[int, int], ...] = (
    {},
    str.maketrans("&É\"'(-È_ÇÀ§!", "123456789068"),  # AZERTY of France, of Belgium
    str.maketrans("+ĚŠČŘŽÝÁÍÉĽŤ", "123456789025"),  # Czech, Slovak
    str.maketrans('!@#$%^&*()"£¨', "1234567890236"),  # with Shift: US, ABNT2, UK
    str.maketrans('!"§$%&/()=·£', "123456789033"),  # with Shift: German, Italian, Portuguese, Spanish
)
_DEAD = {"\u0308": "¨", "\u0302": "^"}


def codes_in(typed: str) -> list[str]:
    """The codes that one field holds, each once, in their order: QR texts joined, or codes with Tab or Enter between.

    What is one code in any spelling, or none of ours, stays one. At most MOST_CODES + 1.
    """
    typed = typed[:_LONGEST]
    whole = plain(typed)
    if len(whole) == CODE_LENGTH or (qr.looks_like_ours(whole) and len(whole) <= qr.LENGTH):
        return [typed]
    parts = [part for line in _BETWEEN.split(typed) for part in _JOINED.split(without_lead(line))]
    found = {plain(part): part for part in parts if plain(part)}
    if not any(_is_one_of_ours(part) for part in found.values()):
        return [typed]
    return list(found.values())[: MOST_CODES + 1]


def without_lead(typed: str) -> str:
    """Without what some scanners put before a code to say what kind it is: `]Q1`, `Q`."""
    return _LEAD.sub("", typed)


def plain(typed: str) -> str:
    """Capitals and digits alone: scanners and clipboards add blanks and signs that nobody sees."""
    return "".join(filter(str.isalnum, typed)).upper()


def keys_of(typed: str) -> str:
    """One capital or sign for each key that was pressed, without blanks and signs that nobody sees."""
    pressed = unicodedata.normalize("NFC", typed[:_LONGEST])
    unseen = ("Cc", "Cf", "Cs")
    kept = (sign for sign in pressed if not sign.isspace() and unicodedata.category(sign) not in unseen)
    return "".join(kept).upper()


def put_back(typed: str) -> Iterator[str]:
    """What the QR may say if the scanner's layout is not the computer's: texts as long as ours that begin like ours."""
    tried = {plain(typed)}
    pressed = keys_of(typed)
    for keys, digits, letters in product((pressed, _without_dead_keys(pressed)), _DIGITS, _LETTERS):
        text = keys.translate(digits).translate(letters)
        if text not in tried and len(text) == qr.LENGTH and qr.looks_like_ours(text):
            tried.add(text)
            yield text


def is_garbled(typed: str) -> bool:
    """Whether it is most likely one of ours in a layout that is not known here: about as long as ours, and it begins
    like ours or is not in Latin letters."""
    pressed = keys_of(typed)
    if len(pressed) not in _ABOUT:
        return False
    foreign = sum(sign.isalpha() and not sign.isascii() for sign in pressed)
    return pressed.startswith(_BEGINNING) or foreign > len(pressed) // 2


def _is_one_of_ours(part: str) -> bool:
    read = plain(part)
    return bool(_CODE.fullmatch(read)) or qr.looks_like_ours(read) or is_garbled(part)


def _without_dead_keys(pressed: str) -> str:
    """`¨` and `^` are dead keys in Brazil and in the international layout: with A they come as Ä and Â."""
    parts = [(sign, unicodedata.normalize("NFD", sign)) for sign in pressed]
    return "".join(_DEAD[part[1]] + part[0] if part[1:] in _DEAD else sign for sign, part in parts)
