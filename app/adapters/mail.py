"""Sending mail: into files of a folder on one machine, by SMTP elsewhere."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import formatdate, parseaddr
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from app.adapters.host_names import ascii_address, ascii_host
from app.adapters.mail_headers import POLICY

TIMEOUT_SECONDS = 15.0  # for one answer
# For a whole mail: less than the rest of a delivery's lease when its handler begins.
WHOLE_SECONDS = 20.0
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class MailError(Exception):
    """The mail server did not accept the mail; trying again later may help."""


class BadMail(ValueError):
    """This mail can never be sent: a header has a line break, or the address is invalid."""


class BadAddress(ValueError):
    """The setting is not a valid mail address or sender; the message shows the valid forms."""


@dataclass(frozen=True)
class Attachment:
    filename: str
    content: bytes
    content_type: str = "application/pdf"


@dataclass(frozen=True)
class Mail:
    """A mail to one person. `message_id` is the same when a mail is repeated after a crash."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    attachments: tuple[Attachment, ...] = field(default=())


class Mailbox(Protocol):
    """The port to a mail service."""

    def send(self, mail: Mail) -> None:
        """Send the mail. Raises MailError and BadMail."""

    def delete_copies(self, address: str) -> int:
        """Delete the stored copies of mails to `address`; returns how many. Raises MailError."""


def open_mail(address: str, folder: Path, sender: str) -> Mailbox:
    """`folder:` (in `folder`), `folder:/path`, `smtp://user:password@host:587` (STARTTLS; `?tls=off` for a local
    relay) or `smtps://…`. Raises BadAddress."""
    check_address(address)
    scheme, _, rest = address.partition(":")
    if scheme == "folder":
        return FolderMailbox(Path(rest) if rest else folder, sender)
    return SmtpMailbox(address, sender)


def check_address(address: str) -> None:
    """Raise BadAddress for a bad setting. The error does not repeat it: it may contain a password."""
    if address.startswith("folder:"):
        return
    with suppress(ValueError):  # a port that is no number
        parts = urlsplit(address)
        known = parts.scheme in ("smtp", "smtps") and ascii_host(parts.hostname or "") and parts.port != 0
        if known and parts.path in ("", "/") and not parts.fragment and parts.query in ("", "tls=off"):
            return
    raise BadAddress("mail goes to folder:, folder:/path, smtp://host:port or smtps://host:port")


def check_sender(sender: str) -> None:
    """Raise BadAddress for a sender that is none."""
    try:
        _sender(sender)
    except (ValueError, IndexError, MessageError):
        raise BadAddress(f"a sender is Name <somebody@example.org>, not {sender!r}") from None


def compose(mail: Mail, sender: str) -> EmailMessage:
    """The message as it is sent. Raises BadMail: input from a form must not add a header."""
    message = EmailMessage(policy=POLICY)
    try:
        message["From"] = _sender(sender)
        message["To"] = Address(addr_spec=ascii_address(mail.to))
        message["Subject"] = mail.subject
        message["Message-ID"] = mail.message_id
        message["Date"] = formatdate()
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        for one in mail.attachments:
            kind, _, subtype = one.content_type.partition("/")
            message.add_attachment(one.content, maintype=kind, subtype=subtype, filename=one.filename)
    except (ValueError, IndexError, MessageError) as error:
        raise BadMail(_without_addresses(error)) from error
    return message


def _without_addresses(error: Exception) -> str:
    """The text of `error` without e-mail addresses, for logs."""
    return _ADDRESS.sub("…@…", str(error))


def _sender(setting: str) -> Address:
    name, address = parseaddr(setting)
    return Address(name, addr_spec=ascii_address(address))


class FolderMailbox:
    """Writes each mail to an `.eml` file, atomically. The name is the Message-ID, so a repeat replaces the file."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder = folder
        self.sender = sender

    def send(self, mail: Mail) -> None:
        content = compose(mail, self.sender).as_bytes()
        name = "".join(ch for ch in mail.message_id if ch.isalnum() or ch in "-.")[:100]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self.folder, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(part).replace(self.folder / f"{name}.eml")
        except OSError as error:
            raise MailError(str(error)) from error

    def delete_copies(self, address: str) -> int:
        found = 0
        try:
            for path in self.folder.glob("*.eml"):
                with path.open("rb") as file:
                    to = BytesHeaderParser(policy=POLICY).parse(file)["To"] or ""
                if str(parseaddr(str(to))[1]).lower() == ascii_address(address).lower():
                    path.unlink()
                    found += 1
        except OSError as error:
            raise MailError(str(error)) from error
        return found


class _DeadlineSmtp(smtplib.SMTP):
    """An SMTP client with a deadline for the whole mail: a slow server cannot hold a thread for minutes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.ends = time.monotonic() + WHOLE_SECONDS
        super().__init__(*args, **options)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            self.sock.settimeout(max(0.1, min(TIMEOUT_SECONDS, self.ends - time.monotonic())))
        return super().getreply()


class _DeadlineSmtpSsl(_DeadlineSmtp, smtplib.SMTP_SSL):
    """The same client, with TLS from the start of the connection."""


class SmtpMailbox:
    """Sends each mail over a connection of its own: the worker sends few at a time."""

    def __init__(self, address: str, sender: str) -> None:
        parts = urlsplit(address)
        self.secure = parts.scheme == "smtps"
        self.host = ascii_host(parts.hostname or "")
        self.port = parts.port or (465 if self.secure else 587)
        self.user = unquote(parts.username or "")
        self.password = unquote(parts.password or "")
        self.start_tls = parse_qs(parts.query).get("tls") != ["off"]
        self.sender = sender

    def send(self, mail: Mail) -> None:
        message = compose(mail, self.sender)
        try:
            server = self._connect()
            try:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
            finally:
                with suppress(
                    OSError, smtplib.SMTPException
                ):  # the mail was accepted; errors of QUIT do not matter
                    server.quit()
        except smtplib.SMTPRecipientsRefused as error:
            # 4xx is temporary: greylisting, a full mailbox.
            if all(code < 500 for code, _ in error.recipients.values()):
                raise MailError("the recipient was put off") from error
            raise BadMail("the recipient was refused") from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(_without_addresses(error)) from error

    def delete_copies(self, address: str) -> int:
        return 0  # no copy of a sent mail is kept

    def _connect(self) -> smtplib.SMTP:
        if self.secure:
            context = ssl.create_default_context()
            return _DeadlineSmtpSsl(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        server = _DeadlineSmtp(self.host, self.port, timeout=TIMEOUT_SECONDS)
        if self.start_tls:
            server.starttls(context=ssl.create_default_context())
        return server
