"""The messages and ticks of ticket-service: they make and delete PDFs, and create and replace signing keys."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from app.adapters.pdf import PdfError
from app.adapters.storage import StorageError
from app.core import db, metrics, outbox, telemetry
from app.core.config import settings
from app.core.errors import Poison, Retry
from app.core.failpoints import failpoint
from app.core.handling import Attempt
from app.core.messages import (
    DocumentUnwanted,
    OrderPaid,
    ScreeningChanged,
    ScreeningRetimed,
    TicketsReady,
    TicketsResigned,
    TicketsRevoked,
)
from app.core.worker import Tick
from app.events import service as events
from app.tickets import documents, issuing, key_rotation, labels, pdf_layout, retention, signing_keys
from app.tickets.door_opening import opens_at
from app.tickets.states import REVOKED
from app.tickets.views import Ticket


def on_order_paid(message: OrderPaid, attempt: Attempt) -> None:
    """Store the PDF of the order's tickets, and publish the mail if there is an e-mail; leave out revoked tickets."""
    order_id = uuid.UUID(message.order_id)
    tickets = _read_unrevoked(order_id)
    if not tickets:
        return
    stored = _store_pdf(order_id, tickets, message.locale)
    with attempt.transaction():
        if not documents.record(order_id, *stored):
            _retry_or_delete(order_id)
        elif message.email:
            outbox.publish(
                TicketsReady(
                    order_id=message.order_id,
                    order_code=message.order_code,
                    order_token=message.order_token,
                    email=message.email,
                    name=message.name,
                    locale=message.locale,
                    storage_key=stored[1],
                    facts=message.facts | _visit_facts(tickets, message.locale),
                )
            )


def on_tickets_resigned(message: TicketsResigned, attempt: Attempt) -> None:
    """Store a new PDF of tickets that have changed. No mail is sent: the order's page has the PDF."""
    order_id = uuid.UUID(message.order_id)
    tickets = _read_unrevoked(order_id)
    if not tickets:
        return
    stored = _store_pdf(order_id, tickets, tickets[0].facts.locale)
    with attempt.transaction():
        if not documents.record(order_id, *stored):
            _retry_or_delete(order_id)


def _retry_or_delete(order_id: uuid.UUID) -> None:
    """Raise Retry to make the PDF again, or have it deleted when all tickets are revoked."""
    if _unrevoked(order_id):
        raise Retry("the tickets changed while their PDF was made", delay=0.0)
    outbox.publish(TicketsRevoked(str(order_id)))


def on_tickets_revoked(message: TicketsRevoked, attempt: Attempt) -> None:
    """Delete the PDF of an order whose tickets are all revoked: it contains personal data and is of no use.

    A mail that was to attach it is not sent.
    """
    order_id = uuid.UUID(message.order_id)
    with db.reading():
        tickets = issuing.of_order(order_id)
    if not tickets or any(ticket.state != REVOKED for ticket in tickets):
        return
    _delete_pdfs(order_id, tickets, attempt)


def on_document_unwanted(message: DocumentUnwanted, attempt: Attempt) -> None:
    """Delete the PDF of an order whose buyer's data was erased, in whatever state its tickets are."""
    order_id = uuid.UUID(message.order_id)
    with db.reading():
        tickets = issuing.of_order(order_id)
    if tickets:
        _delete_pdfs(order_id, tickets, attempt)


def _delete_pdfs(order_id: uuid.UUID, tickets: Sequence[Ticket], attempt: Attempt) -> None:
    try:
        documents.delete_files(tickets)
    except StorageError as error:
        raise Retry(str(error), for_a_day=True) from error
    with attempt.transaction():
        documents.delete_record(order_id)


def on_screening_retimed(message: ScreeningRetimed, attempt: Attempt) -> None:
    """Take over the times of a screening (UTC), for the door's check; the local time on the tickets stays."""
    with attempt.transaction():
        issuing.update_times(events.screening(message.screening_id))


def on_screening_changed(message: ScreeningChanged, attempt: Attempt) -> None:
    """Take over the screening's version, format and length; the door admits until its new end."""
    with attempt.transaction():
        issuing.update_screening(events.lock_presentation(events.screening(message.screening_id)))


def _visit_facts(tickets: Sequence[Ticket], locale: str) -> dict[str, Any]:
    """The mail's values for the visit, beside the order's facts: address, opening time, proofs, concessions. JSON."""
    facts = tickets[0].facts
    proofs: dict[str, list[str]] = {}
    for ticket in tickets:
        if proof := labels.required_proof(ticket, locale):
            proofs.setdefault(proof, []).append(ticket.seat_name)
    return {
        "address": facts.cinema_address,
        "opens_at": opens_at(facts.starts_at).isoformat(),
        "half_price": [{"seats": seats, "proof": proof} for proof, seats in proofs.items()],
        "to_fetch": [f"{thing.quantity} × {thing.name_in(locale)}" for thing in facts.concessions],
    }


def _unrevoked(order_id: uuid.UUID) -> list[Ticket]:
    return [ticket for ticket in issuing.of_order(order_id) if ticket.state != REVOKED]


def _read_unrevoked(order_id: uuid.UUID) -> list[Ticket]:
    """The order's tickets without the revoked ones. The read ends before the PDF is made, which takes long."""
    with db.reading():
        return _unrevoked(order_id)


def _store_pdf(order_id: uuid.UUID, tickets: Sequence[Ticket], locale: str) -> tuple[int, str, int, int]:
    """Make the PDF and put it into the storage; returns its revision, key, size in bytes, and the screening's revision.

    Raises Poison when it cannot be made, Retry when the storage does not answer.
    """
    began = time.perf_counter()
    try:
        with telemetry.span("render the PDF", attributes={"tickets": len(tickets)}):
            content = pdf_layout.render_pdf(tickets, locale, settings().cinema.name)
    except PdfError as error:
        raise Poison(str(error)) from error
    telemetry.record(metrics.PDF_DURATION, time.perf_counter() - began)
    failpoint("tickets.after_pdf")
    revision = documents.revision_of(tickets)
    key = documents.storage_key(order_id, revision)
    try:
        with telemetry.span("store the PDF", attributes={"bytes": len(content)}):
            documents.storage().put(key, content, "application/pdf")
    except StorageError as error:
        raise Retry(str(error), for_a_day=True) from error
    failpoint("tickets.after_storage")
    return revision, key, len(content), tickets[0].facts.screening_revision


def load_printer() -> None:
    """Load what draws PDFs, so that the first order after a start need not wait for it."""
    with suppress(PdfError):  # the handler says what is missing
        pdf_layout.printer().load()


def create_first_key() -> None:
    """Create the first signing key at the first start, so that the first customer does not wait for it.

    Later, seal the keys again after a change of the secret key.
    """
    with db.transaction():
        signing_keys.ensure()
        signing_keys.seal_again()


# A PDF takes more processor time than a purchase, and the order's page shows the QR codes without it: payments come
# first.
LOW_PRIORITY = True
WARM_UP = load_printer
THREADS = 2  # one thread renders on one processor while the other one waits for the storage
HANDLERS = {
    OrderPaid: on_order_paid,
    ScreeningChanged: on_screening_changed,
    ScreeningRetimed: on_screening_retimed,
    TicketsResigned: on_tickets_resigned,
    TicketsRevoked: on_tickets_revoked,
    DocumentUnwanted: on_document_unwanted,
}
TICKS = [
    Tick("tickets: create the first key", 3600.0, create_first_key),
    Tick("tickets: re-sign", 15.0, key_rotation.continue_re_signing),
    Tick("tickets.retention", 3600.0, retention.delete_old_documents),
]
