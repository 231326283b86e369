"""Rotation of the signing key, and the re-signing of tickets whose key was retired.

Issuing waits only while the key changes, in one short transaction. Then the tickets of a retired key are re-signed in
batches, each in its own transaction, those of the next screenings first. After a crash the worker does the rest.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from app.core import db, outbox
from app.core.config import settings
from app.core.errors import Conflict
from app.core.failpoints import failpoint
from app.core.half_price import proof_number
from app.core.messages import TicketsResigned
from app.core.state_machine import one_of
from app.tickets import qr, signing_keys
from app.tickets.states import VALID

ORDERS_PER_BATCH = 100
TICKETS_PER_TICK = 2_000

_SCREENINGS = text(
    """
    select screening_id from tickets.issues where ends_at > clock_timestamp()
    group by screening_id order by min(starts_at), screening_id
    """
)
# Batches of two processes run one after the other: the second one sees the tickets that the first one re-signed. The
# lock keeps its name, because processes of the version before take it too.
_LOCK_BATCHES = text("select pg_advisory_xact_lock(hashtext('tickets.sign_anew'))")
# A batch holds whole orders, so that each PDF is made once. The tickets are locked by id, as everywhere.
_IS_VALID = one_of("t.state", (VALID,))
_LOCK_BATCH = text(
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
# The QR symbols are not drawn here, because a batch has many tickets: a page or PDF draws a symbol that is missing.
_UPDATE = text(
    f"""
    update tickets.tickets t set qr_text = line.qr_text, qr_symbol = null, kid = :kid, revision = line.revision
    from jsonb_to_recordset(cast(:lines as jsonb)) as line (id uuid, qr_text text, revision smallint)
    where t.id = line.id and {_IS_VALID} returning t.id
    """
)


class KeyWaits(Conflict):
    """A new key waits already for the time from which it signs."""

    def __init__(self) -> None:
        super().__init__("key.waits")


class KeysChanged(Conflict):
    """There are newer keys than those that the person saw who wants to block them."""

    def __init__(self) -> None:
        super().__init__("keys.changed")


def rotate_key(*, retire: bool = False, last_seen: int | None = None) -> int:
    """Create a new signing key; returns its id. The caller must commit soon: issuing waits for it.

    It signs when all doors had the time to get it (BILHETERIA_KEY_LEAD_HOURS); the first key of an installation signs
    at once. Tickets already sold stay valid. Raises KeyWaits if another new key does not sign yet.

    With `retire` (a key may have leaked) all keys before are refused at once, the waiting one too, and the new one
    signs; the caller calls `re_sign_tickets` after its commit. Raises KeysChanged if `last_seen` is not the newest key:
    the form was sent twice, or somebody else has changed the keys.
    """
    signing_keys.lock()
    if last_seen is not None and last_seen != signing_keys.last_kid():
        raise KeysChanged
    if retire:
        key = signing_keys.add()
    else:
        if signing_keys.is_any_pending():
            raise KeyWaits
        hours = settings().cinema.key_lead_hours if signing_keys.newest() is not None else 0
        key = signing_keys.add(timedelta(hours=hours))
    signing_keys.clear_cache()
    if retire:
        signing_keys.retire_before(key.kid)
    return key.kid


def re_sign_tickets(*, most: int | None = None) -> int:
    """Re-sign every valid ticket of a retired key whose screening is not over. Returns the number of tickets.

    Their QR codes change, their PDFs are made again, their typed codes stay. It commits each batch, so it must not be
    called in a transaction. After a crash a second call re-signs the rest. With `most` it stops after about so many.
    """
    if db.in_transaction():
        raise RuntimeError("re_sign_tickets must not be called in a transaction")
    with db.reading():
        kids = signing_keys.retired_not_replaced()
        screenings = db.session().execute(_SCREENINGS).scalars().all() if kids else ()
    signed = 0
    for screening_id in screenings:
        while batch := re_sign_batch(screening_id, kids):
            signed += batch
            failpoint("tickets.batch_signed")
            if most is not None and signed >= most:
                return signed
    with db.transaction():
        signing_keys.mark_replaced(kids)
    return signed


def re_sign_batch(screening_id: int, kids: Sequence[int]) -> int:
    """Re-sign the tickets of some orders that one of these keys signed; returns how many, 0 when none is left."""
    with db.transaction() as session:
        session.execute(_LOCK_BATCHES)
        signing_keys.lock_shared()
        key = signing_keys.newest() or signing_keys.ensure()
        values = {"screening_id": screening_id, "kids": list(kids), "orders": ORDERS_PER_BATCH}
        rows = session.execute(_LOCK_BATCH, values).all()
        lines = []
        for row in rows:
            revision = row.revision + 1
            proof = proof_number(row.half_kind)
            payload = qr.Payload(key.kid, row.id, row.screening_id, row.seat_id, proof, revision)
            lines.append({"id": str(row.id), "qr_text": qr.sign(payload, key.private), "revision": revision})
        written = session.execute(_UPDATE, {"kid": key.kid, "lines": json.dumps(lines)}).all()
        if len(written) != len(rows):
            raise RuntimeError(f"{len(rows)} tickets were locked, {len(written)} re-signed")
        orders: set[uuid.UUID] = {row.order_id for row in rows}
        for order_id in sorted(orders):
            outbox.publish(TicketsResigned(str(order_id)))
    return len(rows)


def continue_re_signing() -> None:
    """Continue, in the worker, the re-signing that a command began and did not finish."""
    re_sign_tickets(most=TICKETS_PER_TICK)
