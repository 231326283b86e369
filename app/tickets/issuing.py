"""Tickets are issued, updated and revoked, each by one statement whose row count is checked."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from app.core import codes, db, metrics, outbox, qr_symbol, telemetry
from app.core.errors import Conflict
from app.core.half_price import proof_number
from app.core.messages import TicketsReady, TicketsResigned, TicketsRevoked
from app.core.state_machine import one_of
from app.events.service import Screening
from app.tickets import partner_events, qr, signing_keys
from app.tickets.states import TICKET, USED, VALID
from app.tickets.views import IssueFacts, Ticket, TicketLine


class AlreadyAdmitted(Conflict):
    """A ticket of the order was admitted: the order cannot be revoked. The caller must roll back."""


# This lock is taken before the statement that reads the newest key, in the same message to the server. A change of keys
# waits until the tickets being issued are committed, so it re-signs them; an issue after it sees the new key.
_LOCK_KEYS = "select pg_advisory_xact_lock_shared(hashtext('tickets.signing_keys'))"
# Only the newest of the keys that may sign is used: if this process has an older one in its cache, no row is written
# and the key is read again.
_ISSUE = db.after_lock(
    _LOCK_KEYS,
    f"""
    with issue as (
        insert into tickets.issues (order_id, screening_id, cinema_id, starts_at, ends_at, facts)
        select :order_id, :screening_id, :cinema_id, :starts_at, :ends_at, cast(:facts as jsonb)
        where exists (
            select from tickets.signing_keys k where k.kid = :kid and k.public_key = :public_key
              and k.kid = (select max(kid) from tickets.signing_keys where {signing_keys.MAY_SIGN})
        )
        on conflict (order_id) do nothing returning order_id
    )
    insert into tickets.tickets (id, order_id, number, code, qr_text, kid, state, screening_id, seat_id,
        seat_name, row_label, seat_number, zone_name, ticket_type, half_kind, price, section, qr_symbol)
    select line.id, issue.order_id, line.number, line.code, line.qr_text, :kid, '{VALID}', :screening_id, line.seat_id,
        line.seat_name, line.row_label, line.seat_number, line.zone_name, line.ticket_type, line.half_kind, line.price,
        line.section, line.qr_symbol
    from issue cross join jsonb_to_recordset(cast(:lines as jsonb)) as line (
        id uuid, number smallint, code text, qr_text text, seat_id int, seat_name text, row_label text,
        seat_number text, zone_name text, ticket_type text, half_kind text, price int, section text, qr_symbol bytea)
    returning clock_timestamp() as issued_at
    """,
)

# The tickets are locked by a statement of their own: the one after it sees an admission and an undo that were committed
# while it waited. They are locked by id, as `documents.record` and the key rotation lock them, so that no two
# transactions wait for each other.
_LOCK_TICKETS = "select id from tickets.tickets where order_id = :order_id order by id for update"
_REVOKE_VALID = TICKET.update(
    "revoke",
    columns="revoked_at = clock_timestamp()",
    where="order_id = :order_id",
    returning="1",
)
_REVOKE = db.after_lock(
    _LOCK_TICKETS,
    f"""
    with revoked_tickets as ({_REVOKE_VALID})
    select (select count(*) from revoked_tickets) as revoked,
        count(*) filter (where {one_of("state", USED)}) as admitted
    from tickets.tickets where order_id = :order_id
    """,
)

_UPDATE_TIMES = text(
    """
    update tickets.issues set starts_at = :starts_at, ends_at = :ends_at, facts = facts || cast(:facts as jsonb)
    where screening_id = :id
    """
)

# Two changes may be handled in any order: an older one never overwrites a newer one. Orders without a valid ticket stay
# unchanged.
_UPDATE_SCREENING = text(
    f"""
    with order_tickets as (
        select order_id from tickets.issues i
        where i.screening_id = :id and coalesce(cast(i.facts->>'screening_revision' as int), 0) < :revision
          and exists (select from tickets.tickets t where t.order_id = i.order_id and {one_of("t.state", (VALID,))})
        order by i.order_id for update of i
    )
    update tickets.issues i set ends_at = :ends_at, facts = i.facts || cast(:facts as jsonb)
    from order_tickets where i.order_id = order_tickets.order_id returning i.order_id
    """
)
# This is a separate statement, so that it sees documents recorded while the one before waited for a lock.
_DELETE_DOCUMENTS = text("delete from tickets.documents where order_id = any(:order_ids) returning order_id")

_OF_ORDER = text(
    """
    select t.*, i.facts from tickets.tickets t join tickets.issues i using (order_id)
    where t.order_id = :order_id order by t.number
    """
)


def issue(facts: IssueFacts, lines: Sequence[TicketLine]) -> list[Ticket]:
    """Issue a signed ticket for each line, in the caller's transaction. A repeated call returns the first tickets."""
    for _ in range(2):
        key = signing_keys.signing_key()
        tickets = [_ticket(facts, line, number, key) for number, line in enumerate(lines, start=1)]
        written = db.session().execute(_ISSUE, _issue_values(facts, tickets, key)).all()
        if len(written) == len(lines):
            partner_events.publish_issued(facts, tickets, written[0].issued_at)
            telemetry.record_committed(metrics.TICKETS, len(tickets))
            return tickets
        before = of_order(facts.order_id)
        if before:
            return before
        signing_keys.clear_cache()
    raise RuntimeError("no signing key could be used")


def _ticket(facts: IssueFacts, line: TicketLine, number: int, key: signing_keys.SigningKey) -> Ticket:
    ticket_id = codes.ordered_id()
    payload = qr.Payload(
        key.kid, ticket_id, facts.screening_id, line.seat_id, proof_number(line.half_kind), revision=1
    )
    qr_text = qr.sign(payload, key.private)
    return Ticket(
        id=ticket_id,
        number=number,
        code=codes.random_code(10),
        qr_text=qr_text,
        state=VALID,
        seat_id=line.seat_id,
        seat_name=line.seat_name,
        row_label=line.row_label,
        seat_number=line.seat_number,
        zone_name=line.zone_name,
        ticket_type=line.ticket_type,
        half_kind=line.half_kind,
        price=line.price,
        section=line.section,
        admitted_at=None,
        gate=None,
        revision=1,
        facts=facts,
        qr_symbol=qr_symbol.drawn(qr_text),
    )


_LINE_FIELDS = (
    "number", "code", "qr_text", "seat_id", "seat_name", "row_label", "seat_number", "zone_name", "ticket_type",
    "half_kind", "price", "section",
)  # fmt: skip


def _issue_values(
    facts: IssueFacts, tickets: Sequence[Ticket], key: signing_keys.SigningKey
) -> dict[str, Any]:
    lines = [
        {"id": str(ticket.id), "qr_symbol": f"\\x{(ticket.qr_symbol or b'').hex()}"}
        | {name: getattr(ticket, name) for name in _LINE_FIELDS}
        for ticket in tickets
    ]
    return {
        "order_id": facts.order_id,
        "screening_id": facts.screening_id,
        "cinema_id": facts.cinema_id,
        "starts_at": facts.starts_at,
        "ends_at": facts.ends_at,
        "facts": json.dumps(facts.payload()),
        "kid": key.kid,
        "public_key": key.public_bytes,
        "lines": json.dumps(lines),
    }


def update_times(screening: Screening) -> None:
    """Take over the screening's times (UTC and local) into the facts of its orders; the tickets stay unchanged."""
    showtime = screening.showtime
    facts = {
        "starts_at": screening.starts_at.isoformat(),
        "ends_at": screening.ends_at.isoformat(),
        "starts_local": showtime.clock.isoformat(),
        "timezone": showtime.timezone,
    }
    values = {"id": screening.id, "starts_at": screening.starts_at, "ends_at": screening.ends_at}
    db.session().execute(_UPDATE_TIMES, values | {"facts": json.dumps(facts)})


def update_screening(screening: Screening) -> int:
    """Take over the screening's version, format and length; returns the number of orders that were updated.

    The tickets stay unchanged: codes and QR codes hold none of these facts. The record of a PDF with the former
    ones is deleted, and the PDF is made again by message. An order without a recorded PDF needs none.
    """
    facts = {
        "version": screening.version,
        "format": screening.format,
        "duration_minutes": screening.film.duration_minutes,
        "ends_at": screening.ends_at.isoformat(),
        "screening_revision": screening.revision,
        "is_changed": True,
    }
    values = {"id": screening.id, "revision": screening.revision, "ends_at": screening.ends_at}
    order_ids = db.session().execute(_UPDATE_SCREENING, values | {"facts": json.dumps(facts)}).scalars().all()
    for order_id in sorted(db.session().execute(_DELETE_DOCUMENTS, {"order_ids": order_ids}).scalars()):
        outbox.publish(TicketsResigned(str(order_id)))
    return len(order_ids)


def of_order(order_id: uuid.UUID) -> list[Ticket]:
    """The order's tickets by number, in every state; empty before the order is paid."""
    rows = db.session().execute(_OF_ORDER, {"order_id": order_id}).all()
    facts = IssueFacts.of(rows[0].facts) if rows else None
    return [Ticket.of(row, facts) for row in rows if facts is not None]


def revoke(order_id: uuid.UUID) -> int:
    """Revoke all valid tickets of the order; returns how many. Their mail is withdrawn, and their PDF is deleted.

    Raises AlreadyAdmitted when one was admitted, also at the same moment: the caller must roll back.
    """
    counted = db.session().execute(_REVOKE, {"order_id": order_id}).one()
    if counted.admitted:
        raise AlreadyAdmitted("tickets.admitted")
    if counted.revoked:
        outbox.withdraw(TicketsReady, order_id=str(order_id))
        outbox.publish(TicketsRevoked(str(order_id)))
    return int(counted.revoked)
