"""A mail, the port to a mail service, and the message that every form of it sends."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from typing import Protocol

from app.adapters.host_names import ascii_address
from app.adapters.mail_address import parse_sender
from app.adapters.mail_headers import POLICY

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class MailError(Exception):
    """The mail server did not accept the mail; trying again later may help."""


class BadMail(ValueError):
    """This mail can never be sent: a header has a line break, or the address is invalid."""


class AddressRefused(BadMail):
    """The mail server takes no mail to this address: no such mailbox, or no such domain."""


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
        """Send the mail. Raises MailError, BadMail and AddressRefused."""

    def delete_copies(self, address: str) -> int:
        """Delete the stored copies of mails to `address`; returns how many. Raises MailError."""


def compose(mail: Mail, sender: str) -> EmailMessage:
    """The message as it is sent. Raises BadMail: input from a form must not add a header."""
    message = EmailMessage(policy=POLICY)
    try:
        message["From"] = parse_sender(sender)
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
        raise BadMail(without_addresses(error)) from error
    return message


def without_addresses(error: Exception) -> str:
    """The text of `error` without e-mail addresses, for logs."""
    return _ADDRESS.sub("…@…", str(error))
