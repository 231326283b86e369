"""Sending mail by SMTP."""

from __future__ import annotations

import smtplib
import ssl
import time
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from app.adapters.host_names import ascii_host
from app.adapters.mail_message import BadMail, Mail, MailError, compose, without_addresses

TIMEOUT_SECONDS = 15.0  # for one answer
# For a whole mail: less than the rest of a delivery's lease when its handler begins.
WHOLE_SECONDS = 20.0


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
