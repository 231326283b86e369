"""Make accounts and sessions, and read the mails that were sent."""

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
LINK_PATH = re.compile(r"https?://\S+?(/\S+)")


def make_account(
    email: str = "ana@example.org", *, role: str = "customer", verified: bool = True, name: str = "Ana Souza"
) -> User:
    """An account, with PASSWORD."""
    with db.transaction():
        return users.make_account(email, name, PASSWORD, role, verified=verified)


def begin_session(user: User) -> str:
    """Begin a session; returns its key, which the cookie carries as `_user_id`."""
    with db.transaction():
        return users.begin_session(user.id)


def is_signed_in(key: str) -> bool:
    """Whether the session with this key is still valid."""
    try:
        with db.reading():
            users.session_owner(key)
    except NotFound:
        return False
    return True


def send_due_mails() -> list[EmailMessage]:
    """Send all mails that are due; returns all mails in the folder, oldest first."""
    worker.drain(routes(("users",)))
    return read_mails(settings().mail_folder)


def read_mails(folder: Path) -> list[EmailMessage]:
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [message for message in found if isinstance(message, EmailMessage)]


def mail_text(mail: EmailMessage) -> str:
    """The mail's plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def mail_link(mail: EmailMessage) -> str:
    """The path of the mail's link."""
    found = LINK_PATH.search(mail_text(mail))
    assert found is not None
    return found[1]


def reset_link() -> str:
    """Send all mails that are due; returns the path of the one link by which a new password is chosen."""
    (found,) = (one for one in map(mail_link, send_due_mails()) if one.startswith("/account/reset/"))
    return found


def mail_token(mail: EmailMessage) -> str:
    return mail_link(mail).rpartition("/")[2]
