"""Tokens for addresses, codes that people read out and type, and ids that sort by time."""

from __future__ import annotations

import re
import secrets
import time
import uuid

from app.core.text_input import canonical_line

# Without 0/O, 1/I/L and U/V, which people confuse when they read a code out or type it.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
LONGEST, LONGEST_PASTED = 64, 400
# Capitals that look the same in Cyrillic and Greek: a keyboard of two alphabets types them unnoticed.
_LOOKALIKES = str.maketrans("АВЕЅІЈКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABESIJKMHOPCTYXABEZHIKMNOPTYX")
_DIGITS = str.maketrans("OIL", "011")  # after an order's letters only digits follow
_ORDER_CODE = re.compile(r"(?<![A-Z0-9])(?P<letters>[A-Z]{3})[^A-Z0-9]*(?P<digits>[0-9OIL]{4,6})(?![A-Z0-9])")


def random_token() -> str:
    """A token of 192 random bits for an address. Never log it."""
    return secrets.token_urlsafe(24)


def random_code(length: int = 10) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def normalise_code(text: str) -> str:
    """A typed or pasted code in its stored form: capitals and digits, without blanks and dashes."""
    return "".join(filter(_is_code_character, _latin(text)))[:LONGEST]


def order_code(text: str) -> str:
    """The order code in a typed or pasted text: `luz 4720`, `Pedido: LUZ-4720.`, `LUZ-472O` → `LUZ-4720`.

    Without such a code it returns `normalise_code(text)`, which matches no order.
    """
    found = _ORDER_CODE.search(_latin(text))
    if found is None:
        return normalise_code(text)
    return f"{found['letters']}-{found['digits'].translate(_DIGITS)}"


def _latin(text: str) -> str:
    return canonical_line(text[:LONGEST_PASTED]).upper().translate(_LOOKALIKES)


def _is_code_character(char: str) -> bool:
    return char.isascii() and char.isalnum()


def grouped(code: str) -> str:
    """`K7QF2M9XRT` as `K7QF-2M9-XRT`: groups are easier to read out."""
    return f"{code[:4]}-{code[4:7]}-{code[7:]}" if len(code) == 10 else code


def ordered_id() -> uuid.UUID:
    """A new row's id that sorts by creation time, to the millisecond (UUID version 7, RFC 9562).

    Rows that are created together are neighbours in the primary key's index, so that an insert touches a page in memory
    however large the table is. The id contains its creation time and is no secret; use `random_token` for secrets.
    """
    moment = time.time_ns() // 1_000_000
    number = (moment & (1 << 48) - 1) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 7 << 76  # the version
    return uuid.UUID(int=number & ~(0x3 << 62) | 2 << 62)  # the variant


def created_at(ordered: uuid.UUID | str) -> float:
    """The time at which an `ordered_id` was made, in seconds since 1970."""
    return (uuid.UUID(str(ordered)).int >> 80) / 1000
