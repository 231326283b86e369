"""Passwords: argon2id, and the same work for an account that does not exist."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import Invalid

SHORTEST, LONGEST = 8, 200
# OWASP's second choice: 19 MiB, two passes, one lane. A web process stays small even when many sign in.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def checked(password: str, field: str = "password") -> str:
    """Raises Invalid `password.short` or `password.long`. No other rules: length is what counts."""
    if len(password) < SHORTEST:
        raise Invalid("password.short", field, least=SHORTEST)
    if len(password) > LONGEST:
        raise Invalid("password.long", field, most=LONGEST)
    return password


def hashed(password: str) -> str:
    return _hasher.hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; takes as long when there is no such account (None)."""
    try:
        return _hasher.verify(password_hash or _nobodys(), password[:LONGEST]) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    return _hasher.check_needs_rehash(password_hash)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _hasher.hash("nobody signs in with this")
