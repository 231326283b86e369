"""Sending mail by SMTP."""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from app.adapters.host_names import ascii_host
from app.adapters.mail_message import AddressRefused, BadMail, Mail, MailError, compose, without_addresses

TIMEOUT_SECONDS = 15.0  # for one answer
# For a whole mail: less than the rest of a delivery's lease when its handler begins.
WHOLE_SECONDS = 20.0
_ABOUT_SENDER = re.compile(r"\s*5\.7\.\d")


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
            raise _refusal(*next(iter(error.recipients.values()))) from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(without_addresses(error)) from error

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


def _refusal(code: int, reason: bytes | str) -> Exception:
    """The error for an answer to RCPT. 4xx is temporary: greylisting, a full mailbox.

    5.7.x (RFC 3463) refuses us, not the address: the server has a rule against the sender, or wants a sign-in.
    """
    if code < 500:
        return MailError("the recipient was put off")
    text = reason.decode("ascii", "replace") if isinstance(reason, bytes) else reason
    if _ABOUT_SENDER.match(text):
        return BadMail("the server has a rule against this mail")
    return AddressRefused("the recipient was refused")
