"""The links that mails carry: stored hashed, used once, until they end.

The worker sends some of them, so nothing here knows of passwords: their library costs memory.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from app.core import db, outbox
from app.core.errors import Conflict
from app.core.messages import NoticeRequested
from app.core.pages import Page
from app.users.views import COLUMNS, User

HOURS = {"verify": 72, "reset": 2}
_MAILS = {"verify": ("verify_email", Page.VERIFY), "reset": ("reset_password", Page.RESET)}


class LinkOver(Conflict):
    """The link of a mail was used, has ended, or was never sent."""

    def __init__(self) -> None:
        super().__init__("link.over")


@dataclass(frozen=True, slots=True)
class Link:
    token: str
    expires_at: datetime


def new(user_id: int, purpose: str) -> Link:
    """A new link for `purpose` (`verify`, `reset`); only its token's hash is kept."""
    token = secrets.token_urlsafe(24)
    made = db.session().execute(
        text(
            "insert into users.email_tokens (token_hash, user_id, purpose, expires_at)"
            " values (:hash, :user_id, :purpose, clock_timestamp() + make_interval(hours => :hours))"
            " returning expires_at"
        ),
        {"hash": _hash(token), "user_id": user_id, "purpose": purpose, "hours": HOURS[purpose]},
    )
    return Link(token, made.scalar_one())


def send(to: User, purpose: str) -> Link:
    """Mail a new link for `purpose` (`verify`, `reset`); not once it has ended."""
    link = new(to.id, purpose)
    # No name: who signs up writes it, and these mails go to people who did not ask for them.
    facts = {"hours": HOURS[purpose]}
    ends = link.expires_at.isoformat()
    template, page = _MAILS[purpose]
    outbox.publish(
        NoticeRequested(template, to.email, to.locale, facts, not_after=ends, page=page, key=link.token)
    )
    return link


def browser_proof(token: str) -> str:
    """What the browser that had a link sent keeps of it: it shows that, and does not give the token away."""
    return hashlib.sha256(b"browser:" + token[:200].encode()).hexdigest()


def send_reset(email: str) -> None:
    """The link that `service.request_reset` promised; nothing for an e-mail without an account."""
    account = text(f"select {COLUMNS} from users.users where lower(email) = :email")  # noqa: S608 (no value is put in)
    row = db.session().execute(account, {"email": email}).one_or_none()
    if row is not None:
        send(User.of(row), "reset")


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
