"""Rotating the key that signs tickets."""

from __future__ import annotations

import uuid

from sqlalchemy import text

from app.core import db, outbox
from app.core.half_price import proof_number
from app.core.messages import TicketsResigned
from app.tickets import keys, qr


def rotate_key(*, retire: bool = False) -> tuple[int, int]:
    """Sign with a new key from now on, in the caller's transaction; returns its id and how many tickets were re-signed.

    Tickets already sold stay good: older keys still verify. With `retire` (a key may have leaked) they do not:
    every valid ticket of a screening that is not over gets a new QR, and its PDF is made again; codes as text stay.
    """
    key = keys.add()
    keys.forget()
    if not retire:
        return key.kid, 0
    keys.retire_before(key.kid)
    return key.kid, _resign(key)


def _resign(key: keys.SigningKey) -> int:
    session = db.session()
    rows = session.execute(
        text(
            """
            select t.id, t.order_id, t.screening_id, t.seat_id, t.half_kind, t.revision
            from tickets.tickets t join tickets.issues i using (order_id)
            where t.state = 'valid' and i.ends_at > clock_timestamp() order by t.id for update of t
            """
        )
    ).all()
    orders: set[uuid.UUID] = set()
    for row in rows:
        revision = row.revision + 1
        payload = qr.Payload(
            key.kid, row.id, row.screening_id, row.seat_id, proof_number(row.half_kind), revision
        )
        session.execute(
            text(
                "update tickets.tickets set qr_text = :qr_text, kid = :kid, revision = :revision"
                " where id = :id and state = 'valid'"
            ),
            {"qr_text": qr.sign(payload, key.private), "kid": key.kid, "revision": revision, "id": row.id},
        )
        orders.add(row.order_id)
    for order_id in sorted(orders):
        outbox.publish(TicketsResigned(str(order_id)))
    return len(rows)
