"""The messages of user-service: they send mails and webhooks, outside of transactions.

A mail has a Message-ID that a repeat keeps, a webhook an id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args

from jinja2 import TemplateError
from sqlalchemy import text

from app.adapters.host_names import ascii_host
from app.adapters.mail import AddressRefused, Attachment, BadMail, Mail, Mailbox, MailError, open_mail
from app.adapters.storage import Missing, StorageError, shared_storage
from app.core import db, metrics, pages, telemetry
from app.core.calendar_file import CONTENT_TYPE, file_name
from app.core.config import settings
from app.core.errors import Poison, Retry
from app.core.handling import Attempt
from app.core.mail_events import COMPLAINT, OTHER, RETURNED
from app.core.messages import (
    AccountChanged,
    MailReturned,
    Message,
    NoticeRequested,
    PartnerOrderChanged,
    ResetRequested,
    TicketsReady,
    WebhooksDue,
)
from app.core.pages import Page
from app.core.worker import Tick
from app.users import (
    account_changes,
    address_problems,
    email_tokens,
    notices,
    pairings,
    provider_sessions,
    second_factor_keys,
    sessions,
)
from app.users.hosted_provider import hosted_provider
from app.users.webhooks import deliveries, registry, sending

LARGEST_ATTACHMENT = 5_000_000
# An address that returns mails or has reported one as spam does not get these: no purchase and no account needs them.
NOT_ESSENTIAL = ("account_exists", "waiting_joined", "waiting_called_off")
PROBLEMS: tuple[str, ...] = get_args(metrics.MailProblem)
log = logging.getLogger("bilheteria.mail")
CANCELLATION_TEMPLATES = ("order_cancelled", "screening_cancelled")


def mailbox() -> Mailbox:
    """The mailbox of the settings: a folder or a mail server."""
    config = settings()
    return open_mail(config.mail.url, config.mail_folder, config.mail.sender)


def on_tickets_ready(message: TicketsReady, attempt: Attempt) -> None:
    """Mail the tickets: the PDF is attached, the order's page is linked.

    No mail is sent if the PDF is no longer in the storage: the tickets were revoked. (Revoking withdraws this message
    too, but a worker may already have it.) An order of a kiosk may have no e-mail.
    """
    if not message.email:
        return
    try:
        pdf = _read_pdf(message.storage_key)
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
    """Send the mail of a notice. It is not sent after its `not_after`: a mail server may have been down for hours.

    The delivery is done after the mail is sent: a crash in between sends the same mail, with the same id, again.
    """
    if message.not_after and _is_past(message.not_after):
        return
    attachments: tuple[Attachment, ...] = ()
    if message.template in CANCELLATION_TEMPLATES and message.facts.get("was_paid"):
        attachments = _calendar(message.locale, message.facts, called_off=True)
    address = _address(message)
    _send(message.template, message.email, message.locale, message.facts, address, attempt, attachments)


def _address(message: NoticeRequested) -> str:
    """The address of the mail's link. Raises Poison for an unknown page."""
    try:
        return pages.address(Page(message.page), message.key)
    except ValueError as error:
        raise Poison(f"mail {message.template}: {error}") from error


def _calendar(locale: str, facts: dict[str, Any], *, called_off: bool = False) -> tuple[Attachment, ...]:
    """The calendar file of the visit, or, if it is `called_off`, the one that removes it. Empty for a message of an
    older version, whose facts are incomplete."""
    content = notices.calendar_entry(locale, facts, website=pages.address(Page.HOME), called_off=called_off)
    return (Attachment(file_name(facts["order_code"]), content, CONTENT_TYPE),) if content else ()


def on_reset_requested(message: ResetRequested, attempt: Attempt) -> None:
    """Mail a link to choose a new password, if the e-mail has an account."""
    with attempt.transaction():
        email_tokens.send_reset(message.email)


def on_account_changed(message: AccountChanged, attempt: Attempt) -> None:
    """Tell the owner of the account by mail what has changed, and what to do if somebody else did it."""
    owner = account_changes.recipient(message)
    if owner is not None:
        facts = account_changes.facts(message, owner.locale)
        address = pages.address(Page.FORGOTTEN)
        _send(account_changes.TEMPLATE, owner.email, owner.locale, facts, address, attempt)


def _is_past(moment: str) -> bool:
    with db.reading() as session:
        past = text("select clock_timestamp() >= cast(:moment as timestamptz)")
        return bool(session.execute(past, {"moment": moment}).scalar_one())


def _read_pdf(key: str) -> bytes:
    """The PDF's bytes. Raises Missing; Retry when the storage does not answer."""
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
    """Send a mail; record a refused address. Raises Retry; Poison if it can never be sent for another reason."""
    with db.reading():
        known = address_problems.address_state(email)
    if template in NOT_ESSENTIAL and (known.returned or known.complained):
        return
    try:
        rendered = notices.render(template, locale, facts, address)
    except (TemplateError, KeyError, TypeError, ValueError) as error:
        raise Poison(f"mail {template}: {error!r}") from error
    domain = ascii_host(settings().mail.sender.rpartition("@")[2].strip("> ")) or "localhost"
    mail = Mail(
        email, rendered.subject, rendered.text, rendered.html, f"<{attempt.message_id}@{domain}>", attachments
    )
    try:
        with telemetry.call("send the mail", {"template": template}):
            mailbox().send(mail)
    except AddressRefused:
        _count_problem("refused")
        log.warning("the mail server refuses the address", extra={"template": template})
        with attempt.transaction():
            address_problems.record(email, RETURNED)
    except BadMail as error:
        raise Poison(f"mail {template}: {error}") from error
    except MailError as error:
        raise Retry(f"mail: {error}", for_a_day=True) from error
    else:
        if known.returned:
            with attempt.transaction():
                address_problems.accepted(email, known.read_at)


def on_mail_returned(message: MailReturned, attempt: Attempt) -> None:
    """Record a mail that came back for good, or that was reported as spam; count the others."""
    _count_problem(message.problem if message.problem in PROBLEMS else OTHER)
    if message.problem in (RETURNED, COMPLAINT):
        with attempt.transaction():
            happened_at = datetime.fromisoformat(message.happened_at)
            address_problems.record(message.email, message.problem, happened_at)


def _count_problem(problem: str) -> None:
    telemetry.record(metrics.MAIL_PROBLEMS, labels={"problem": problem})


def on_partner_order_changed(message: PartnerOrderChanged, attempt: Attempt) -> None:
    """Record the event for the partner's webhooks, and have it sent."""
    with attempt.transaction():
        deliveries.record(message, attempt.message_id)


def seal_webhook_secrets() -> None:
    """Seal the secrets of webhooks again after a change of the secret key."""
    with db.transaction():
        registry.seal_secrets_again()


def ask_identity_provider() -> None:
    """Ask the identity provider, where one signs people in, whether their sessions still hold."""
    provider = hosted_provider()
    if provider is not None:
        provider_sessions.ask_about_due_sessions(provider)


def seal_second_factors() -> None:
    """Seal the keys of second factors again after a change of the secret key."""
    with db.transaction():
        second_factor_keys.seal_again()


def delete_expired() -> None:
    """Delete the e-mail tokens, sessions, pairings and problems of addresses whose time is over."""
    with db.transaction():
        email_tokens.delete_expired()
        sessions.delete_expired()
        pairings.delete_expired()
        address_problems.delete_old()


# Mails have threads of their own: a slow mail server holds up neither payments nor PDFs.
THREADS = 2
HANDLERS: dict[type[Message], Callable[[Any, Attempt], None]] = {
    TicketsReady: on_tickets_ready,
    NoticeRequested: on_notice_requested,
    ResetRequested: on_reset_requested,
    AccountChanged: on_account_changed,
    PartnerOrderChanged: on_partner_order_changed,
}
# Webhooks have a queue and threads of their own: a partner's slow server holds up no mail.
FURTHER_QUEUES: dict[str, dict[type[Message], Callable[[Any, Attempt], None]]] = {
    "webhooks": {WebhooksDue: sending.on_webhooks_due},
    # The mail service writes into this one.
    "bounces": {MailReturned: on_mail_returned},
}
FURTHER_THREADS = {"webhooks": 4, "bounces": 1}
TICKS = [
    Tick("users: delete expired rows", 3600, delete_expired),
    Tick("users: due webhooks", 10.0, sending.want_due_webhooks),
    Tick("users: webhook secrets", 3600.0, seal_webhook_secrets),
    Tick("users: sessions of the identity provider", 10.0, ask_identity_provider),
    Tick("users: second factors", 3600.0, seal_second_factors),
    Tick("users: webhook retention", 3600.0, deliveries.delete_old_deliveries),
]
