"""The step of a sign-in that asks for a code after the password, and the reset of a second factor that was lost."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.throttle import keyed_hash
from app.users import second_factor, sessions
from app.users.views import COLUMNS, User

PROOF_SECONDS = 600
_ACCOUNT = f"select {COLUMNS} from users.users where id = :id"  # noqa: S608 (no value is put in)
_STAFF = f"""
    select {", ".join(f"u.{one.strip()}" for one in COLUMNS.split(","))}, f.confirmed_at as since, last.change,
      last.happened_at, coalesce(other.name, '') as changed_by
    from users.users u
      left join users.second_factors f on f.user_id = u.id and f.confirmed_at is not null
      left join lateral (select change, happened_at, by_user_id from users.second_factor_changes c
        where c.user_id = u.id order by c.id desc limit 1) last on true
      left join users.users other on other.id = last.by_user_id
    where u.role = any(:roles) or f.user_id is not null
    order by u.name, u.id
"""  # noqa: S608 (no value is put in)


class ProofExpired(Conflict):
    """The password was typed too long ago, or has changed since: it is asked for again."""

    def __init__(self) -> None:
        super().__init__("sign_in.too_long_ago")


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """An account as the page of second factors lists it, with its last change (`second_factor_models.CHANGES`)."""

    user: User
    since: datetime | None
    change: str | None
    changed_at: datetime | None
    changed_by: str


def password_proof(user_id: int) -> str | None:
    """What proves for PROOF_SECONDS that the account's password was right; None if it signs in without a code."""
    if not second_factor.is_on(user_id):
        return None
    row = _password(user_id)
    assert row is not None
    return f"{user_id}.{row.seconds}.{_signature(user_id, row.seconds, row.password_hash)}"


def sign_in_by_code(proof: str, code: str, browser_keys: Collection[str] = ()) -> User:
    """The account of the proof, whose second factor has this code. Raises ProofExpired, TooMany, Invalid."""
    user_id = _proven(proof)
    browser = sessions.known_browser_key(user_id, browser_keys)
    second_factor.use_code(user_id, code, browser=browser or "")
    row = db.session().execute(text(_ACCOUNT), {"id": user_id}).one()
    return User.of(row)


def reset_second_factor(user_id: int, *, by: int | None) -> None:
    """Turn the second factor of another account off and sign it out everywhere. Raises NotFound.

    `by` is the manager's account, None for a command.
    """
    if not second_factor.is_on(user_id):
        raise NotFound("second factor")
    second_factor.record_change(user_id, "reset", by=by)
    second_factor.forget(user_id)
    sessions.end_all(user_id)


def staff_second_factors() -> list[StaffAccount]:
    """The accounts of staff, and all others with a second factor, by name."""
    rows = db.session().execute(text(_STAFF), {"roles": list(second_factor.STAFF_ROLES)})
    return [
        StaffAccount(User.of(row), row.since, row.change, row.happened_at, row.changed_by) for row in rows
    ]


def _proven(proof: str) -> int:
    """The account's id in the proof. Raises ProofExpired."""
    user_id, _, rest = proof.partition(".")
    seconds, _, signature = rest.partition(".")
    if not (user_id.isdecimal() and seconds.isdecimal()):
        raise ProofExpired
    row = _password(int(user_id))
    if row is None or not 0 <= row.seconds - int(seconds) <= PROOF_SECONDS:
        raise ProofExpired
    if not hmac.compare_digest(_signature(int(user_id), int(seconds), row.password_hash), signature):
        raise ProofExpired
    return int(user_id)


def _signature(user_id: int, seconds: int, password_hash: str) -> str:
    return keyed_hash(f"password was right|{user_id}|{seconds}|{password_hash}")


def _password(user_id: int) -> Row[Any] | None:
    return db.session().execute(
        text(
            "select password_hash, extract(epoch from clock_timestamp())::bigint as seconds"
            " from users.users where id = :id"
        ),
        {"id": user_id},
    ).one_or_none()  # fmt: skip
