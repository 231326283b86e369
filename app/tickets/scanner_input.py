"""Text that scanners type: it may hold several codes, and characters of another keyboard layout.

A scanner presses keys, and the computer reads them by its own layout. If the two differ, the characters differ: AZERTY
gives `&` for 1 and Q for A, QWERTZ gives Z for Y, an inverted Shift or Caps Lock gives `!` for 1. Such a text is
translated back from each common layout; the ticket's signature proves which translation is right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import product

from app.core.codes import ALPHABET
from app.tickets import qr

CODE_LENGTH = 10  # of a ticket's typed code
MAX_CODES = 20  # in one form: some scanners store scans and send them together
_MAX_LENGTH = 10_000
_SEPARATORS = re.compile(r"[\t\r\n\x04\x1c-\x1f]+")
_NEXT_QR = re.compile(r"(?=BIL[1&!+])", re.IGNORECASE)
_SCANNER_PREFIX = re.compile(r"^\W*\w{0,3}\W*(?=BIL[1&!+])", re.IGNORECASE)
_CODE = re.compile(rf"[{ALPHABET}]{{{CODE_LENGTH}}}")
_PREFIX_LETTERS, _PLAUSIBLE_LENGTHS = qr.PREFIX[:3], range(qr.LENGTH - 12, qr.LENGTH + 13)

# From the letters that the computer reads to those that the scanner typed.
_LETTER_LAYOUTS: tuple[dict[int, int], ...] = (
    {},
    str.maketrans("YZ", "ZY"),  # QWERTZ
    # AZERTY. Its M key is `,` or `;` on the keyboards of the US, Brazil, Spain and Germany, or the other way round.
    str.maketrans("AQWZ?,;:ÇÑÖ", "QAZWMMMMMMM"),
    str.maketrans("AQWZY?,", "QAYWZMM"),  # a QWERTZ scanner on AZERTY
    str.maketrans("AQYWZÖ;", "QAWZYMM"),  # an AZERTY scanner on QWERTZ
)
# The same for digits: on layouts on which a digit needs Shift, and with Shift on layouts on which it needs none.
_DIGIT_LAYOUTS: tuple[dict[int, int], ...] = (
    {},
    str.maketrans("&É\"'(-È_ÇÀ§!", "123456789068"),  # AZERTY of France, of Belgium
    str.maketrans("+ĚŠČŘŽÝÁÍÉĽŤ", "123456789025"),  # Czech, Slovak
    str.maketrans('!@#$%^&*()"£¨', "1234567890236"),  # with Shift: US, ABNT2, UK
    str.maketrans('!"§$%&/()=·£', "123456789033"),  # with Shift: German, Italian, Portuguese, Spanish
)
_DEAD_KEYS = {"\u0308": "¨", "\u0302": "^"}


def split_codes(typed: str) -> list[str]:
    """The codes in one field, without repeats, in their order: joined QR texts, or codes separated by Tab or Enter.

    A text that is one code in any spelling, or has no code of ours, is returned unsplit. At most MAX_CODES + 1 codes.
    """
    typed = typed[:_MAX_LENGTH]
    whole = alphanumeric(typed)
    if len(whole) == CODE_LENGTH or (qr.has_prefix(whole) and len(whole) <= qr.LENGTH):
        return [typed]
    parts = [
        part for line in _SEPARATORS.split(typed) for part in _NEXT_QR.split(without_scanner_prefix(line))
    ]
    found = {alphanumeric(part): part for part in parts if alphanumeric(part)}
    if not any(_is_ticket_code(part) for part in found.values()):
        return [typed]
    return list(found.values())[: MAX_CODES + 1]


def without_scanner_prefix(typed: str) -> str:
    """The text without the prefix by which some scanners name the kind of code: `]Q1`, `Q`."""
    return _SCANNER_PREFIX.sub("", typed)


def alphanumeric(typed: str) -> str:
    """The capitals and digits of the text: scanners and clipboards add blanks and invisible characters."""
    return "".join(filter(str.isalnum, typed)).upper()


def pressed_characters(typed: str) -> str:
    """One character for each pressed key, in capitals, without blanks and invisible characters."""
    pressed = unicodedata.normalize("NFC", typed[:_MAX_LENGTH])
    invisible = ("Cc", "Cf", "Cs")
    visible = (char for char in pressed if not char.isspace() and unicodedata.category(char) not in invisible)
    return "".join(visible).upper()


def layout_variants(typed: str) -> Iterator[str]:
    """The QR texts that another keyboard layout may have changed into `typed`: with our prefix and our length."""
    tried = {alphanumeric(typed)}
    pressed = pressed_characters(typed)
    for keys, digits, letters in product(
        (pressed, _without_dead_keys(pressed)), _DIGIT_LAYOUTS, _LETTER_LAYOUTS
    ):
        text = keys.translate(digits).translate(letters)
        if text not in tried and len(text) == qr.LENGTH and qr.has_prefix(text):
            tried.add(text)
            yield text


def layout_tables() -> dict[str, list[tuple[str, str]]]:
    """The tables of the layouts, for a page that converts texts itself: the characters read, and those typed."""
    tables = {"digits": _DIGIT_LAYOUTS, "letters": _LETTER_LAYOUTS}
    return {
        name: [("".join(map(chr, table)), "".join(map(chr, table.values()))) for table in of_it]
        for name, of_it in tables.items()
    }


def is_garbled(typed: str) -> bool:
    """Whether the text is probably a QR text of ours, changed by an unknown keyboard layout: it has about our length,
    and it has our first letters or is mostly not in Latin letters."""
    pressed = pressed_characters(typed)
    if len(pressed) not in _PLAUSIBLE_LENGTHS:
        return False
    foreign = sum(char.isalpha() and not char.isascii() for char in pressed)
    return pressed.startswith(_PREFIX_LETTERS) or foreign > len(pressed) // 2


def _is_ticket_code(part: str) -> bool:
    code = alphanumeric(part)
    return bool(_CODE.fullmatch(code)) or qr.has_prefix(code) or is_garbled(part)


def _without_dead_keys(pressed: str) -> str:
    """The text with `¨A` and `^A` for Ä and Â: both are dead keys on the Brazilian and the international layout."""
    parts = [(char, unicodedata.normalize("NFD", char)) for char in pressed]
    return "".join(_DEAD_KEYS[part[1]] + part[0] if part[1:] in _DEAD_KEYS else char for char, part in parts)
