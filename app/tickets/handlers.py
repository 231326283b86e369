"""What ticket-service does by message and by the clock: the PDFs, and the first key."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from app.adapters.pdf import PdfError
from app.adapters.storage import StorageError
from app.core import db, outbox
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
from app.tickets import documents, issuing, keys, paper, retention, rotation, wording
from app.tickets.opening import opens_at
from app.tickets.states import REVOKED
from app.tickets.views import Ticket


def on_order_paid(message: OrderPaid, attempt: Attempt) -> None:
    """Make the PDF and store it; the mail may go out then. Revoked tickets are left out, and get no mail."""
    order_id = uuid.UUID(message.order_id)
    tickets = _now_counting(order_id)
    if not tickets:
        return
    stored = _make(order_id, tickets, message.locale)
    with attempt.transaction():
        if documents.record(order_id, *stored):
            outbox.publish(
                TicketsReady(
                    order_id=message.order_id,
                    order_code=message.order_code,
                    order_token=message.order_token,
                    email=message.email,
                    name=message.name,
                    locale=message.locale,
                    storage_key=stored[1],
                    facts=message.facts | _to_know(tickets, message.locale),
                )
            )
        else:
            _changed_meanwhile(order_id)


def on_tickets_resigned(message: TicketsResigned, attempt: Attempt) -> None:
    """The tickets show something else: so does the PDF. No mail: the order's page has it."""
    order_id = uuid.UUID(message.order_id)
    tickets = _now_counting(order_id)
    if not tickets:
        return
    stored = _make(order_id, tickets, tickets[0].facts.locale)
    with attempt.transaction():
        if not documents.record(order_id, *stored):
            _changed_meanwhile(order_id)


def _changed_meanwhile(order_id: uuid.UUID) -> None:
    """The PDF in storage shows tickets that are no more: it is drawn anew, or goes as it came."""
    if _that_count(order_id):
        raise Retry("the tickets changed while their PDF was drawn", delay=0.0)
    outbox.publish(TicketsRevoked(str(order_id)))


def on_tickets_revoked(message: TicketsRevoked, attempt: Attempt) -> None:
    """The PDF names its buyer and opens no door: it is not kept. A mail that would have carried it finds nothing."""
    order_id = uuid.UUID(message.order_id)
    with db.reading():
        tickets = issuing.of_order(order_id)
    if not tickets or any(ticket.state != REVOKED for ticket in tickets):
        return
    _delete(order_id, tickets, attempt)


def on_document_unwanted(message: DocumentUnwanted, attempt: Attempt) -> None:
    """The buyer's data was erased: the PDF goes, whatever became of the tickets."""
    order_id = uuid.UUID(message.order_id)
    with db.reading():
        tickets = issuing.of_order(order_id)
    if tickets:
        _delete(order_id, tickets, attempt)


def _delete(order_id: uuid.UUID, tickets: Sequence[Ticket], attempt: Attempt) -> None:
    try:
        documents.delete_files(tickets)
    except StorageError as error:
        raise Retry(str(error), for_a_day=True) from error
    with attempt.transaction():
        documents.forget(order_id)


def on_screening_retimed(message: ScreeningRetimed, attempt: Attempt) -> None:
    """Doors open by the new moment; what people read on their tickets, the hour by the site's clock, stays."""
    with attempt.transaction():
        issuing.retime(events.screening(message.screening_id))


def on_screening_changed(message: ScreeningChanged, attempt: Attempt) -> None:
    """The tickets show the new version, format and length, and doors close by the new end."""
    with attempt.transaction():
        issuing.renew(events.lock_presentation(events.screening(message.screening_id)))


def _to_know(tickets: Sequence[Ticket], locale: str) -> dict[str, Any]:
    """What the mail says beside the order's facts: where to go, what to show for half price, what to fetch. JSON."""
    facts = tickets[0].facts
    proofs: dict[str, list[str]] = {}
    for ticket in tickets:
        if proof := wording.proof_wanted(ticket, locale):
            proofs.setdefault(proof, []).append(ticket.seat_name)
    return {
        "address": facts.cinema_address,
        "opens_at": opens_at(facts.starts_at).isoformat(),
        "half_price": [{"seats": seats, "proof": proof} for proof, seats in proofs.items()],
        "to_fetch": [f"{thing.quantity} × {thing.name_in(locale)}" for thing in facts.concessions],
    }


def _that_count(order_id: uuid.UUID) -> list[Ticket]:
    return [ticket for ticket in issuing.of_order(order_id) if ticket.state != REVOKED]


def _now_counting(order_id: uuid.UUID) -> list[Ticket]:
    """Those that count at this moment, outside of a transaction: drawing them takes its time."""
    with db.reading():
        return _that_count(order_id)


def _make(order_id: uuid.UUID, tickets: Sequence[Ticket], locale: str) -> tuple[int, str, int, int]:
    """Revision, storage key and size of the PDF, which lies in storage now, and the screening's revision in it."""
    try:
        content = paper.pdf(tickets, locale, settings().cinema.name)
    except PdfError as error:
        raise Poison(str(error)) from error
    failpoint("tickets.after_pdf")
    revision = documents.revision_of(tickets)
    key = documents.storage_key(order_id, revision)
    try:
        documents.storage().put(key, content, "application/pdf")
    except StorageError as error:
        raise Retry(str(error), for_a_day=True) from error
    failpoint("tickets.after_storage")
    return revision, key, len(content), tickets[0].facts.screening_revision


def ensure_key() -> None:
    """The first signing key is made at the first start, not while the first customer waits."""
    with db.transaction():
        keys.ensure()


# A PDF costs more than a whole purchase, and the order's page has its QR codes without it: it never holds up money.
PATIENT = True
THREADS = 2  # drawing keeps one processor busy; the other one stores meanwhile
HANDLERS = {
    OrderPaid: on_order_paid,
    ScreeningChanged: on_screening_changed,
    ScreeningRetimed: on_screening_retimed,
    TicketsResigned: on_tickets_resigned,
    TicketsRevoked: on_tickets_revoked,
    DocumentUnwanted: on_document_unwanted,
}
TICKS = [
    Tick("tickets: first key", 3600.0, ensure_key),
    Tick("tickets: sign anew", 15.0, rotation.go_on),
    Tick("tickets.retention", 3600.0, retention.by_the_clock),
]
