"""Random texts: unguessable tokens for addresses, and codes that people read out and type."""

from __future__ import annotations

import re
import secrets
import time
import uuid

from app.core.typed import plain

# No 0/O, 1/I/L, U/V: what is read out loud must be typed back without doubt.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
LONGEST, LONGEST_PASTED = 64, 400
# Capitals that look the same in Cyrillic and Greek: a keyboard of two alphabets types them unnoticed.
_LOOKALIKES = str.maketrans("АВЕЅІЈКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABESIJKMHOPCTYXABEZHIKMNOPTYX")
_DIGITS = str.maketrans("OIL", "011")  # after an order's letters only digits follow
_ORDER_CODE = re.compile(r"(?<![A-Z0-9])(?P<letters>[A-Z]{3})[^A-Z0-9]*(?P<digits>[0-9OIL]{4,6})(?![A-Z0-9])")


def random_token() -> str:
    """192 random bits for an address; keep it out of logs."""
    return secrets.token_urlsafe(24)


def random_code(length: int = 10) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def normalise_code(text: str) -> str:
    """What a person typed or pasted, as the code is stored: capitals and digits, without blanks and dashes."""
    return "".join(filter(_is_of_codes, _latin(text)))[:LONGEST]


def order_code(text: str) -> str:
    """An order's code out of what a person typed or pasted: `luz 4720`, `Pedido: LUZ-4720.`, `LUZ-472O` → `LUZ-4720`.

    What holds no such code comes back as `normalise_code` reads it: it is no order's.
    """
    found = _ORDER_CODE.search(_latin(text))
    if found is None:
        return normalise_code(text)
    return f"{found['letters']}-{found['digits'].translate(_DIGITS)}"


def _latin(text: str) -> str:
    return plain(text[:LONGEST_PASTED]).upper().translate(_LOOKALIKES)


def _is_of_codes(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def grouped(code: str) -> str:
    """K7QF2M9XRT as K7QF-2M9-XRT: three groups are easier to read out than one run."""
    return f"{code[:4]}-{code[4:7]}-{code[7:]}" if len(code) == 10 else code


def ordered_id() -> uuid.UUID:
    """A new row's id, greater than those made before it, to the millisecond (UUID version 7, RFC 9562).

    Neighbours in time are neighbours in the primary key's index: an insert touches a page that is in memory, however
    large the table is. It tells when it was made, so it is no secret: what must not be guessed is `random_token`.
    """
    moment = time.time_ns() // 1_000_000
    number = (moment & (1 << 48) - 1) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 7 << 76  # the version
    return uuid.UUID(int=number & ~(0x3 << 62) | 2 << 62)  # the variant
