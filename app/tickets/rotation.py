"""Rotating the key that signs tickets.

Issuing waits for the change of keys alone, which is one short transaction. After that, tickets of a retired key are
signed anew in batches, each in a transaction of its own: first for the screenings that begin soonest. A crash in
between leaves the rest to the worker.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence

from sqlalchemy import text

from app.core import db, outbox
from app.core.failpoints import failpoint
from app.core.half_price import proof_number
from app.core.messages import TicketsResigned
from app.core.state_machine import one_of
from app.tickets import keys, qr
from app.tickets.states import VALID

ORDERS_A_BATCH = 100
TICKETS_A_TICK = 2_000

_SCREENINGS = text(
    """
    select screening_id from tickets.issues where ends_at > clock_timestamp()
    group by screening_id order by min(starts_at), screening_id
    """
)
# Batches of two processes follow each other: the second one sees what the first has signed.
_ONE_BATCH_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('tickets.sign_anew'))")
# Whole orders, so that each PDF is drawn once; the tickets are locked by id, as everywhere.
_IS_VALID = one_of("t.state", (VALID,))
_BATCH = text(
    f"""
    with batch as (
        select distinct t.order_id from tickets.tickets t
        where t.screening_id = :screening_id and {_IS_VALID} and t.kid = any(:kids) order by t.order_id limit :orders
    )
    select t.id, t.order_id, t.screening_id, t.seat_id, t.half_kind, t.revision
    from tickets.tickets t join batch using (order_id)
    where {_IS_VALID} and t.kid = any(:kids) order by t.id for update of t
    """
)
# The new QR is not drawn here, where thousands are signed at once: it is when a page or a PDF shows it.
_SIGN = text(
    f"""
    update tickets.tickets t set qr_text = line.qr_text, qr_symbol = null, kid = :kid, revision = line.revision
    from jsonb_to_recordset(cast(:lines as jsonb)) as line (id uuid, qr_text text, revision smallint)
    where t.id = line.id and {_IS_VALID} returning t.id
    """
)


def rotate_key(*, retire: bool = False) -> int:
    """Sign with a new key from now on; returns its id. The caller commits soon: issuing waits for it.

    Tickets already sold stay good: older keys still verify. With `retire` (a key may have leaked) they do not, and the
    caller goes on with `sign_anew` after its commit.
    """
    key = keys.add()
    keys.forget()
    if retire:
        keys.retire_before(key.kid)
    return key.kid


def sign_anew(*, most: int | None = None) -> int:
    """Give what retired keys signed a new QR: every valid ticket of a screening that is not over. Returns how many.

    Their PDFs are made again; codes as text stay. It commits each batch, so it must not be called in a transaction.
    Called again after a crash, it goes on with what is left. With `most` it stops after about so many tickets.
    """
    if db.in_transaction():
        raise RuntimeError("each batch has a transaction of its own")
    with db.reading():
        kids = keys.retired_in_use()
        screenings = db.session().execute(_SCREENINGS).scalars().all() if kids else ()
    signed = 0
    for screening_id in screenings:
        while batch := sign_batch(screening_id, kids):
            signed += batch
            failpoint("tickets.batch_signed")
            if most is not None and signed >= most:
                return signed
    with db.transaction():
        keys.mark_replaced(kids)
    return signed


def sign_batch(screening_id: int, kids: Sequence[int]) -> int:
    """Sign anew tickets of some orders that one of these keys signed; returns how many, 0 when none is left."""
    with db.transaction() as session:
        session.execute(_ONE_BATCH_AT_A_TIME)
        keys.keep()
        key = keys.newest() or keys.ensure()
        values = {"screening_id": screening_id, "kids": list(kids), "orders": ORDERS_A_BATCH}
        rows = session.execute(_BATCH, values).all()
        lines = []
        for row in rows:
            revision = row.revision + 1
            proof = proof_number(row.half_kind)
            payload = qr.Payload(key.kid, row.id, row.screening_id, row.seat_id, proof, revision)
            lines.append({"id": str(row.id), "qr_text": qr.sign(payload, key.private), "revision": revision})
        written = session.execute(_SIGN, {"kid": key.kid, "lines": json.dumps(lines)}).all()
        if len(written) != len(rows):
            raise RuntimeError(f"{len(rows)} tickets were locked, {len(written)} signed anew")
        orders: set[uuid.UUID] = {row.order_id for row in rows}
        for order_id in sorted(orders):
            outbox.publish(TicketsResigned(str(order_id)))
    return len(rows)


def go_on() -> None:
    """The worker's part: sign anew what a command began and did not finish."""
    sign_anew(most=TICKETS_A_TICK)
