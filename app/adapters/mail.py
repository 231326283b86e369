"""Sending mail: into files of a folder on one machine, by SMTP or Amazon SES elsewhere."""

from __future__ import annotations

import os
import tempfile
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from pathlib import Path

from app.adapters.host_names import ascii_address
from app.adapters.mail_address import BadAddress, check_address, check_sender
from app.adapters.mail_headers import POLICY
from app.adapters.mail_message import (
    AddressRefused,
    Attachment,
    BadMail,
    Mail,
    Mailbox,
    MailError,
    compose,
)
from app.adapters.mail_ses import SesMailbox
from app.adapters.mail_smtp import SmtpMailbox

__all__ = [
    "AddressRefused",
    "Attachment",
    "BadAddress",
    "BadMail",
    "FolderMailbox",
    "Mail",
    "MailError",
    "Mailbox",
    "check_address",
    "check_sender",
    "open_mail",
]


REFUSED_DOMAIN = "nowhere.example"


def open_mail(address: str, folder: Path, sender: str) -> Mailbox:
    """The mailbox at an address. Raises BadAddress.

    `folder:` (in `folder`), `folder:/path`, `smtp://user:password@host:587` (STARTTLS; `?tls=off` for a local relay),
    `smtps://…`, or `ses://configuration-set?region=…&endpoint=…`, whose configuration set may be absent.
    """
    check_address(address)
    scheme, _, rest = address.partition(":")
    if scheme == "folder":
        return FolderMailbox(Path(rest) if rest else folder, sender)
    if scheme == "ses":
        return SesMailbox(address, sender)
    return SmtpMailbox(address, sender)


class FolderMailbox:
    """Writes each mail to an `.eml` file, atomically. The name is the Message-ID, so a repeat replaces the file.

    It refuses addresses at REFUSED_DOMAIN, so that the way of a refused address can be seen without a mail server.
    """

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder = folder
        self.sender = sender

    def send(self, mail: Mail) -> None:
        content = compose(mail, self.sender).as_bytes()
        if mail.to.lower().endswith(f"@{REFUSED_DOMAIN}"):
            raise AddressRefused("the recipient was refused")
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
