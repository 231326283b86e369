"""Recovery codes: each replaces one code of the authenticator app, once. They are shown once; their hashes are stored.

A code has 77 random bits, so a plain hash of it cannot be reversed.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import text

from app.core import codes, db

COUNT, LENGTH = 10, 16


def make(user_id: int) -> list[str]:
    """Make COUNT new codes for the account, in groups of four; former ones end."""
    made = [codes.random_code(LENGTH) for _ in range(COUNT)]
    delete(user_id)
    db.session().execute(
        text(
            "insert into users.recovery_codes (user_id, code_hash)"
            " select :id, code_hash from unnest(cast(:hashes as text[])) as made(code_hash)"
        ),
        {"id": user_id, "hashes": [_hash(one) for one in made]},
    )
    return ["-".join(one[start : start + 4] for start in range(0, LENGTH, 4)) for one in made]


def use(user_id: int, typed: str) -> bool:
    """Use up the code, which is in its normal form; False if the account has no such code."""
    used = db.session().execute(
        text("delete from users.recovery_codes where user_id = :id and code_hash = :hash returning 1"),
        {"id": user_id, "hash": _hash(typed)},
    )
    return used.first() is not None


def delete(user_id: int) -> None:
    """Delete all codes of the account."""
    db.session().execute(text("delete from users.recovery_codes where user_id = :id"), {"id": user_id})


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
