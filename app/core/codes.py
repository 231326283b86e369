"""Random texts: unguessable tokens for addresses, and codes that people read out and type."""

from __future__ import annotations

import secrets

# No 0/O, 1/I/L, U/V: what is read out loud must be typed back without doubt.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"


def random_token() -> str:
    """192 random bits for an address; keep it out of logs."""
    return secrets.token_urlsafe(24)


def random_code(length: int = 10) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def normalise_code(text: str) -> str:
    """What a person typed, as the code is stored: capitals, without blanks and dashes."""
    return "".join(ch for ch in text.upper() if ch.isalnum())[:64]


def grouped(code: str) -> str:
    """K7QF2M9XRT as K7QF-2M9-XRT: three groups are easier to read out than one run."""
    return f"{code[:4]}-{code[4:7]}-{code[7:]}" if len(code) == 10 else code
