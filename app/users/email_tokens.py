"""Single-use tokens in the links of mails: only their hash is stored, and they expire.

The worker sends some of them, so this module does not import `passwords`: its library needs much memory.
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
_MAIL_OF_PURPOSE = {"verify": ("verify_email", Page.VERIFY), "reset": ("reset_password", Page.RESET)}


class InvalidEmailToken(Conflict):
    """The token was used, has expired, or was never issued."""

    def __init__(self) -> None:
        super().__init__("link.over")


@dataclass(frozen=True, slots=True)
class EmailToken:
    token: str
    expires_at: datetime


def create(user_id: int, purpose: str) -> EmailToken:
    """Create a token for `purpose` (`verify`, `reset`); only its hash is stored."""
    token = secrets.token_urlsafe(24)
    made = db.session().execute(
        text(
            "insert into users.email_tokens (token_hash, user_id, purpose, expires_at)"
            " values (:hash, :user_id, :purpose, clock_timestamp() + make_interval(hours => :hours))"
            " returning expires_at"
        ),
        {"hash": _hash(token), "user_id": user_id, "purpose": purpose, "hours": HOURS[purpose]},
    )
    return EmailToken(token, made.scalar_one())


def send(to: User, purpose: str) -> EmailToken:
    """Create a token for `purpose` (`verify`, `reset`) and mail its link; the mail is not sent after it has expired."""
    created = create(to.id, purpose)
    # The mail has no name: a stranger may have typed it, and the receiver did not ask for the mail.
    facts = {"hours": HOURS[purpose]}
    ends = created.expires_at.isoformat()
    template, page = _MAIL_OF_PURPOSE[purpose]
    outbox.publish(
        NoticeRequested(template, to.email, to.locale, facts, not_after=ends, page=page, key=created.token)
    )
    return created


def browser_proof(token: str) -> str:
    """A hash that proves that a browser requested the token, without revealing it; the browser keeps it."""
    return hashlib.sha256(b"browser:" + token[:200].encode()).hexdigest()


def send_reset(email: str) -> None:
    """Mail a link to choose a new password; does nothing if the e-mail has no account."""
    account = text(f"select {COLUMNS} from users.users where lower(email) = :email")  # noqa: S608 (no value is put in)
    row = db.session().execute(account, {"email": email}).one_or_none()
    if row is not None:
        send(User.of(row), "reset")


def owner(token: str, purpose: str) -> int:
    """The id of the token's account; the token stays valid. Raises InvalidEmailToken."""
    return _owner(
        "select user_id from users.email_tokens where token_hash = :hash and purpose = :purpose"
        " and expires_at > clock_timestamp()",
        token,
        purpose,
    )


def consume(token: str, purpose: str) -> int:
    """Delete the token and return the id of its account. Raises InvalidEmailToken."""
    return _owner(
        "delete from users.email_tokens where token_hash = :hash and purpose = :purpose"
        " and expires_at > clock_timestamp() returning user_id",
        token,
        purpose,
    )


def delete(user_id: int, purpose: str) -> None:
    """Delete all tokens of the account with this purpose."""
    db.session().execute(
        text("delete from users.email_tokens where user_id = :id and purpose = :purpose"),
        {"id": user_id, "purpose": purpose},
    )


def delete_expired() -> int:
    """Delete the tokens that have expired; returns their number."""
    deleted = db.session().execute(
        text("delete from users.email_tokens where expires_at < clock_timestamp() returning 1")
    )
    return len(deleted.all())


def _owner(statement: str, token: str, purpose: str) -> int:
    found = db.session().execute(text(statement), {"hash": _hash(token), "purpose": purpose}).scalar()
    if found is None:
        raise InvalidEmailToken
    return int(found)


def _hash(token: str) -> str:
    return hashlib.sha256(token[:200].encode()).hexdigest()
