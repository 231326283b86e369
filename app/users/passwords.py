"""Passwords: argon2id, and the same work for an account that does not exist.

The same password is typed as other code points by another keyboard (`ã` or `a` and a tilde). It is compared as RFC 8265
(OpaqueString) says: NFC, every kind of blank a plain one; nothing is left out, and capitals stay capitals.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import Invalid

SHORTEST, LONGEST = 8, 200
# OWASP's second choice: 19 MiB, two passes, one lane. A web process stays small even when many sign in.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def checked(password: str, field: str = "password") -> str:
    """Raises Invalid `password.short` or `password.long`. No other rules: length is what counts."""
    letters = len(_normal(password))
    if letters < SHORTEST:
        raise Invalid("password.short", field, least=SHORTEST)
    if letters > LONGEST:
        raise Invalid("password.long", field, most=LONGEST)
    return password


def hashed(password: str) -> str:
    return _hasher.hash(_normal(password)[:LONGEST])


def fits(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; takes as long when there is no such account (None)."""
    known = password_hash or _nobodys()
    return any(_is_hash_of(known, one) for one in _spellings(password)) and password_hash is not None


def is_outdated(password_hash: str, password: str) -> bool:
    """Whether the hash of this right password should be made again: with today's settings, of its normal form."""
    normal, *before = _spellings(password)
    return _hasher.check_needs_rehash(password_hash) or (
        bool(before) and not _is_hash_of(password_hash, normal)
    )


def _spellings(password: str) -> list[str]:
    """The normal form; then, where they differ, those of which hashes were made before there was one."""
    found = (_normal(password), password, unicodedata.normalize("NFD", password))
    return list(dict.fromkeys(one[:LONGEST] for one in found))


def _is_hash_of(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    blanks = (" " if unicodedata.category(sign) == "Zs" else sign for sign in password)
    return unicodedata.normalize("NFC", "".join(blanks))


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _hasher.hash("nobody signs in with this")
