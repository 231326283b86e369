"""How long the PDFs of tickets are kept: until long after their screening, or until their buyer's data is erased.

The tickets themselves stay. They name nobody, and their QR codes open the door without a PDF.
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

BATCH = 200

# Rows of a version that did not write the end of the screening.
_FILL = text(
    """
    update tickets.documents d set ends_at = i.ends_at from tickets.issues i
    where i.order_id = d.order_id and d.order_id in (
        select order_id from tickets.documents where ends_at is null limit :most for update skip locked)
    returning 1
    """
)
_DUE = text(
    """
    select order_id, revision from tickets.documents
    where ends_at < statement_timestamp() - make_interval(days => :days) order by ends_at, order_id limit :most
    """
)


def by_the_clock() -> None:
    """Delete the PDFs whose screening ended long ago; where the storage is away, the next tick goes on."""
    filled = BATCH
    while filled == BATCH:
        with db.transaction() as session:
            filled = len(session.execute(_FILL, {"most": BATCH}).all())
    try:
        while _delete_some(settings().retention.pdf_days) == BATCH:
            pass
    except StorageError as error:
        log.warning("old PDFs are left for the next tick", extra={"error": repr(error)})


def _delete_some(days: int) -> int:
    """The file first: a crash in between leaves a row whose file is gone, and the next tick takes the row away."""
    with db.reading() as session:
        due = session.execute(_DUE, {"days": days, "most": BATCH}).all()
    for row in due:
        documents.delete_revisions(row.order_id, row.revision)
        with db.transaction():
            documents.forget(row.order_id)
    return len(due)


def withdraw_documents(order_ids: Collection[uuid.UUID]) -> int:
    """Have the orders' PDFs deleted by message, and take back the messages that would make or mail them.

    Returns how many messages were taken back. One that is being handled at this moment is not stopped.
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
    """The order's tickets, as JSON; without what opens the door. Prices in centavos."""
    return list(db.session().execute(_OF_ORDER, {"id": order_id}).scalar() or ())
