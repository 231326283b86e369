"""The keys of second factors, which the database stores sealed, bound to the account's id.

The worker imports this module and not `second_factor`: the library of passwords needs much memory.
"""

from __future__ import annotations

from sqlalchemy import text

from app.core import db
from app.core.config import settings
from app.core.sealing import Opened, Sealer

_SEALER = Sealer(b"bilheteria second factor")
_READ = "select user_id, sealed_key from users.second_factors"
_REPLACE = "update users.second_factors set sealed_key = :new where user_id = :id and sealed_key = :old"


def seal(key: str, user_id: int) -> bytes:
    return _SEALER.seal(key.encode(), str(user_id).encode(), settings().web.accepted_keys)


def opened(sealed: bytes, user_id: int) -> str | None:
    """The key in base32; None if it was sealed with a secret key that the settings no longer have."""
    found = _open(sealed, user_id)
    return found.secret.decode() if found is not None else None


def seal_again() -> None:
    """Seal with the secret key what was sealed with the previous one, in the caller's transaction."""
    for row in db.session().execute(text(_READ)).all():
        found = _open(row.sealed_key, row.user_id)
        if found is not None and not found.is_current:
            values = {
                "id": row.user_id,
                "old": row.sealed_key,
                "new": seal(found.secret.decode(), row.user_id),
            }
            db.session().execute(text(_REPLACE), values)


def _open(sealed: bytes, user_id: int) -> Opened | None:
    return _SEALER.open(bytes(sealed), str(user_id).encode(), settings().web.accepted_keys)
