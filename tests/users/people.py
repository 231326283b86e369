"""People for the tests of accounts: made in few words, and the mails that they were sent."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from app.core import db, worker
from app.core.config import settings
from app.core.errors import NotFound
from app.dispatch import routes
from app.users import service as users
from app.users.service import User

PASSWORD = "uma frase bem comprida"
LINK = re.compile(r"https?://\S+?(/\S+)")


def person(
    email: str = "ana@example.org", *, role: str = "customer", verified: bool = True, name: str = "Ana Souza"
) -> User:
    """An account, with PASSWORD."""
    with db.transaction():
        return users.make_account(email, name, PASSWORD, role, verified=verified)


def session_of(user: User) -> str:
    """The key of a session that has just begun, as a cookie carries it under `_user_id`."""
    with db.transaction():
        return users.begin_session(user.id)


def is_signed_in(key: str) -> bool:
    """Whether the session of this key still stands."""
    try:
        with db.reading():
            users.session_owner(key)
    except NotFound:
        return False
    return True


def post() -> list[EmailMessage]:
    """Have the worker send all mails that are due; those that lie there now, oldest first."""
    worker.drain(routes(("users",)))
    return mails(settings().mail_folder)


def mails(folder: Path) -> list[EmailMessage]:
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [message for message in found if isinstance(message, EmailMessage)]


def words(mail: EmailMessage) -> str:
    """The mail's plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link(mail: EmailMessage) -> str:
    """The path of the mail's link."""
    found = LINK.search(words(mail))
    assert found is not None
    return found[1]


def token(mail: EmailMessage) -> str:
    return link(mail).rpartition("/")[2]
