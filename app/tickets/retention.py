"""Deletion of ticket PDFs: some days after the screening, or when the buyer's data is erased.

The tickets themselves stay. They hold no personal data, and their QR codes are valid without a PDF.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection

from sqlalchemy import text

from app.core import db, outbox
from app.core.config import settings
from app.core.messages import DocumentUnwanted, OrderPaid, TicketsReady
from app.tickets import documents
from app.tickets.documents import StorageError

log = logging.getLogger("bilheteria.tickets")

BATCH_SIZE = 200

# An earlier version wrote rows without the end of the screening.
_SET_MISSING_ENDS = text(
    """
    update tickets.documents d set ends_at = i.ends_at from tickets.issues i
    where i.order_id = d.order_id and d.order_id in (
        select order_id from tickets.documents where ends_at is null limit :most for update skip locked)
    returning 1
    """
)
_OLD_DOCUMENTS = text(
    """
    select order_id, revision from tickets.documents
    where ends_at < statement_timestamp() - make_interval(days => :days) order by ends_at, order_id limit :most
    """
)


def delete_old_documents() -> None:
    """Delete the PDFs whose screening ended more than `retention.pdf_days` ago.

    If the storage does not answer, the next tick deletes the rest.
    """
    filled = BATCH_SIZE
    while filled == BATCH_SIZE:
        with db.transaction() as session:
            filled = len(session.execute(_SET_MISSING_ENDS, {"most": BATCH_SIZE}).all())
    try:
        while _delete_batch(settings().retention.pdf_days) == BATCH_SIZE:
            pass
    except StorageError as error:
        log.warning("the storage failed; the next tick deletes the old PDFs", extra={"error": repr(error)})


def _delete_batch(days: int) -> int:
    """Delete the files, then their rows: after a crash in between, the next tick deletes the row without a file."""
    with db.reading() as session:
        due = session.execute(_OLD_DOCUMENTS, {"days": days, "most": BATCH_SIZE}).all()
    for row in due:
        documents.delete_revisions(row.order_id, row.revision)
        with db.transaction():
            documents.delete_record(row.order_id)
    return len(due)


def withdraw_documents(order_ids: Collection[uuid.UUID]) -> int:
    """Request by message that the orders' PDFs are deleted, and withdraw the messages that would make or mail them.

    Returns the number of withdrawn messages. A message that is being handled at this moment is not stopped.
    """
    withdrawn = 0
    for order_id in order_ids:
        withdrawn += outbox.withdraw(OrderPaid, order_id=str(order_id))
        withdrawn += outbox.withdraw(TicketsReady, order_id=str(order_id))
        outbox.publish(DocumentUnwanted(str(order_id)))
    return withdrawn


_OF_ORDER = text(
    """
    select jsonb_agg(jsonb_build_object('number', t.number, 'seat', t.seat_name, 'type', t.ticket_type,
        'half_price_for', t.half_kind, 'price', t.price, 'state', t.state, 'admitted_at', t.admitted_at,
        'pdf', exists (select 1 from tickets.documents d where d.order_id = t.order_id)) order by t.number)
    from tickets.tickets t where t.order_id = :id
    """
)


def export(order_id: uuid.UUID) -> list[dict[str, object]]:
    """The order's tickets for a personal data export, as JSON, without codes and QR texts. Prices in centavos."""
    return list(db.session().execute(_OF_ORDER, {"id": order_id}).scalar() or ())
