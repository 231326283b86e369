"""Passwords are hashed with argon2id and compared in a normal form.

Keyboards type the same password as different code points (`ã`, or `a` and a tilde). It is compared as RFC 8265
(OpaqueString) defines: NFC, each kind of blank as a space; no character is dropped, and case counts.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import text

from app.core import db
from app.core.errors import Invalid

MIN_LENGTH, MAX_LENGTH = 8, 200
# OWASP's second option: 19 MiB, two passes, one lane. A web process needs little memory even when many people sign in.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def checked(password: str, field: str = "password") -> str:
    """The password unchanged. Raises Invalid `password.short` or `password.long`; there are no other rules."""
    letters = len(_normalized(password))
    if letters < MIN_LENGTH:
        raise Invalid("password.short", field, least=MIN_LENGTH)
    if letters > MAX_LENGTH:
        raise Invalid("password.long", field, most=MAX_LENGTH)
    return password


def hashed(password: str) -> str:
    """The hash to store for the password."""
    return _hasher.hash(_normalized(password)[:MAX_LENGTH])


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. It takes as long for None: the time must not reveal if an account exists."""
    known = password_hash or _dummy_hash()
    return any(_is_hash_of(known, one) for one in _spellings(password)) and password_hash is not None


def needs_rehash(password_hash: str, password: str) -> bool:
    """Whether this right password needs a new hash: the old one has old settings, or is not of the normal form."""
    normal, *before = _spellings(password)
    return _hasher.check_needs_rehash(password_hash) or (
        bool(before) and not _is_hash_of(password_hash, normal)
    )


def _spellings(password: str) -> list[str]:
    """The normal form, then the other forms of which older versions made hashes."""
    found = (_normalized(password), password, unicodedata.normalize("NFD", password))
    return list(dict.fromkeys(one[:MAX_LENGTH] for one in found))


def _is_hash_of(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _normalized(password: str) -> str:
    with_spaces = (" " if unicodedata.category(char) == "Zs" else char for char in password)
    return unicodedata.normalize("NFC", "".join(with_spaces))


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    """A hash to check for an e-mail without an account."""
    return _hasher.hash("no account has this password")


def stored_hash(user_id: int) -> str:
    """The stored hash of the account's password."""
    found = db.session().execute(
        text("select password_hash from users.users where id = :id"), {"id": user_id}
    )
    return str(found.scalar_one())


def store(user_id: int, password: str) -> None:
    """Store the hash of the account's new password; the caller has checked the password."""
    db.session().execute(
        text("update users.users set password_hash = :hash where id = :id"),
        {"id": user_id, "hash": hashed(password)},
    )
