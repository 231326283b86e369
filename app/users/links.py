"""The links that mails carry: stored hashed, used once, until they end."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import text

from app.core import db
from app.core.errors import Conflict

HOURS = {"verify": 72, "reset": 2}


class LinkOver(Conflict):
    """The link of a mail was used, has ended, or was never sent."""

    def __init__(self) -> None:
        super().__init__("link.over")


def new(user_id: int, purpose: str) -> str:
    """A new token for `purpose` (`verify`, `reset`); only its hash is kept."""
    token = secrets.token_urlsafe(24)
    db.session().execute(
        text(
            "insert into users.email_tokens (token_hash, user_id, purpose, expires_at)"
            " values (:hash, :user_id, :purpose, clock_timestamp() + make_interval(hours => :hours))"
        ),
        {"hash": _hash(token), "user_id": user_id, "purpose": purpose, "hours": HOURS[purpose]},
    )
    return token


def owner(token: str, purpose: str) -> int:
    """The account whose link it is, without using it up. Raises LinkOver."""
    return _owner(
        "select user_id from users.email_tokens where token_hash = :hash and purpose = :purpose"
        " and expires_at > clock_timestamp()",
        token,
        purpose,
    )


def use(token: str, purpose: str) -> int:
    """Single use: the row goes with its use; returns whose it was. Raises LinkOver."""
    return _owner(
        "delete from users.email_tokens where token_hash = :hash and purpose = :purpose"
        " and expires_at > clock_timestamp() returning user_id",
        token,
        purpose,
    )


def forget(user_id: int, purpose: str) -> None:
    """End every link of this kind that the account was sent."""
    db.session().execute(
        text("delete from users.email_tokens where user_id = :id and purpose = :purpose"),
        {"id": user_id, "purpose": purpose},
    )


def sweep() -> int:
    """Drop links whose time is over."""
    gone = db.session().execute(
        text("delete from users.email_tokens where expires_at < clock_timestamp() returning 1")
    )
    return len(gone.all())


def _owner(statement: str, token: str, purpose: str) -> int:
    found = db.session().execute(text(statement), {"hash": _hash(token), "purpose": purpose}).scalar()
    if found is None:
        raise LinkOver
    return int(found)


def _hash(token: str) -> str:
    return hashlib.sha256(token[:200].encode()).hexdigest()
