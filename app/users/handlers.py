"""The mails: written and sent outside of any transaction, with a Message-ID that stays the same on a repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import TemplateError
from sqlalchemy import text

from app.adapters.host_names import ascii_host
from app.adapters.mail import Attachment, BadMail, Mail, Mailbox, MailError, open_mail
from app.adapters.storage import Missing, StorageError, shared_storage
from app.core import db, pages
from app.core.calendar_file import CONTENT_TYPE, file_name
from app.core.config import settings
from app.core.errors import Poison, Retry
from app.core.handling import Attempt
from app.core.messages import Message, NoticeRequested, ResetRequested, TicketsReady
from app.core.pages import Page
from app.core.worker import Tick
from app.users import links, notices, sessions

LARGEST_ATTACHMENT = 5_000_000
ENDINGS = ("order_cancelled", "screening_cancelled")


def mailbox() -> Mailbox:
    config = settings()
    return open_mail(config.mail.url, config.mail_folder, config.mail.sender)


def on_tickets_ready(message: TicketsReady, attempt: Attempt) -> None:
    """The tickets go out: PDF attached, and the order's page linked.

    Nothing goes out once the PDF is gone from the storage: its tickets were revoked meanwhile. (Who revokes them
    withdraws this message too; it may be on its way here at that moment, or wait in a queue of its own.)
    """
    try:
        pdf = _stored(message.storage_key)
    except Missing:
        return
    attachments = (Attachment(f"{message.order_code}.pdf", pdf),) if len(pdf) <= LARGEST_ATTACHMENT else ()
    calendar = _calendar(message.locale, message.facts | {"order_code": message.order_code})
    facts = message.facts | {
        "name": message.name,
        "order_code": message.order_code,
        "attached": bool(attachments),
        "calendar": bool(calendar),
    }
    address = pages.address(Page.ORDER, message.order_token)
    _send("tickets_ready", message.email, message.locale, facts, address, attempt, attachments + calendar)


def on_notice_requested(message: NoticeRequested, attempt: Attempt) -> None:
    """The worker marks it done after it is sent: a crash in between sends the same mail, with the same id, again.

    A mail server may have been away for hours: what is true no longer is not sent.
    """
    if message.not_after and _is_past(message.not_after):
        return
    attachments: tuple[Attachment, ...] = ()
    if message.template in ENDINGS and message.facts.get("was_paid"):
        attachments = _calendar(message.locale, message.facts, called_off=True)
    address = _address(message)
    _send(message.template, message.email, message.locale, message.facts, address, attempt, attachments)


def _address(message: NoticeRequested) -> str:
    """Where the mail's link leads. Raises Poison for a page that no version knows."""
    try:
        return pages.address(Page(message.page), message.key)
    except ValueError as error:
        raise Poison(f"mail {message.template}: {error}") from error


def _calendar(locale: str, facts: dict[str, Any], *, called_off: bool = False) -> tuple[Attachment, ...]:
    """The visit for the buyer's calendar; after an ending the file that takes it out. Nothing in a message of an older
    version, whose facts do not tell enough."""
    content = notices.calendar_entry(locale, facts, website=pages.address(Page.HOME), called_off=called_off)
    return (Attachment(file_name(facts["order_code"]), content, CONTENT_TYPE),) if content else ()


def on_reset_requested(message: ResetRequested, attempt: Attempt) -> None:
    with attempt.transaction():
        links.send_reset(message.email)


def _is_past(moment: str) -> bool:
    with db.reading() as session:
        past = text("select clock_timestamp() >= cast(:moment as timestamptz)")
        return bool(session.execute(past, {"moment": moment}).scalar_one())


def _stored(key: str) -> bytes:
    """Raises Missing, Retry."""
    config = settings()
    try:
        return shared_storage(config.storage.url, config.ticket_folder).get(key)
    except Missing:
        raise
    except StorageError as error:
        raise Retry(f"storage: {error}", for_a_day=True) from error


def _send(
    template: str,
    email: str,
    locale: str,
    facts: dict[str, Any],
    address: str,
    attempt: Attempt,
    attachments: tuple[Attachment, ...] = (),
) -> None:
    try:
        letter = notices.write(template, locale, facts, address)
    except (TemplateError, KeyError, TypeError, ValueError) as error:
        raise Poison(f"mail {template}: {error!r}") from error
    domain = ascii_host(settings().mail.sender.rpartition("@")[2].strip("> ")) or "localhost"
    mail = Mail(
        email, letter.subject, letter.text, letter.html, f"<{attempt.message_id}@{domain}>", attachments
    )
    try:
        mailbox().send(mail)
    except BadMail as error:
        raise Poison(f"mail {template}: {error}") from error
    except MailError as error:
        raise Retry(f"mail: {error}", for_a_day=True) from error


def sweep() -> None:
    with db.transaction():
        links.sweep()
        sessions.sweep()


# A mail server may take its time, or not answer at all: no money waits behind it, and no PDF is in front of a mail.
THREADS = 2
HANDLERS: dict[type[Message], Callable[[Any, Attempt], None]] = {
    TicketsReady: on_tickets_ready,
    NoticeRequested: on_notice_requested,
    ResetRequested: on_reset_requested,
}
TICKS = [Tick("users.sweep", 3600, sweep)]
