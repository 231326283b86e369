"""Issuing and revoking: both one statement, whose row count is checked."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from app.core import codes, db, outbox, qr_symbol
from app.core.errors import Conflict
from app.core.half_price import proof_number
from app.core.messages import TicketsReady, TicketsResigned, TicketsRevoked
from app.core.state_machine import one_of
from app.events.service import Screening
from app.tickets import keys, qr
from app.tickets.states import ADMITTED, TICKET, VALID
from app.tickets.views import IssueFacts, Ticket, TicketLine


class AlreadyAdmitted(Conflict):
    """Somebody of the order is in: it can no longer be revoked. The caller's transaction must roll back."""


# Goes before the statement that looks for the newest key, in the same message: who changes keys waits until the tickets
# that are being issued can be seen, and signed anew; and who issues then sees the new key.
_KEEP_KEYS = "select pg_advisory_xact_lock_shared(hashtext('tickets.signing_keys'))"
# Only the newest key signs: where this process remembers an older one, no row is written, and it looks again.
_ISSUE = db.after_lock(
    _KEEP_KEYS,
    f"""
    with issue as (
        insert into tickets.issues (order_id, screening_id, cinema_id, starts_at, ends_at, facts)
        select :order_id, :screening_id, :cinema_id, :starts_at, :ends_at, cast(:facts as jsonb)
        where exists (
            select from tickets.signing_keys k where k.kid = :kid and k.public_key = :public_key
              and k.kid = (select max(kid) from tickets.signing_keys where retired_at is null)
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
    returning id
    """,
)

# Locked first, so that who is in at the door counts; and in the order in which `documents.record` and the rotation of
# keys lock them: else each waits for the other.
_GONE = TICKET.update(
    "revoke",
    columns="revoked_at = clock_timestamp()",
    using="mine",
    where="t.id = mine.id",
    alias="t",
    returning="1",
)
_REVOKE = text(
    f"""
    with mine as (select id, state from tickets.tickets where order_id = :order_id order by id for update),
    gone as ({_GONE})
    select (select count(*) from gone) as revoked,
        count(*) filter (where {one_of("state", (ADMITTED,))}) as admitted
    from mine
    """
)

_RETIME = text(
    """
    update tickets.issues set starts_at = :starts_at, ends_at = :ends_at, facts = facts || cast(:facts as jsonb)
    where screening_id = :id
    """
)

# Only forward, whichever of two changes is handled first; orders of which nobody is expected any more stay as they are.
_RENEW = text(
    f"""
    with mine as (
        select order_id from tickets.issues i
        where i.screening_id = :id and coalesce(cast(i.facts->>'screening_revision' as int), 0) < :revision
          and exists (select from tickets.tickets t where t.order_id = i.order_id and {one_of("t.state", (VALID,))})
        order by i.order_id for update of i
    )
    update tickets.issues i set ends_at = :ends_at, facts = i.facts || cast(:facts as jsonb)
    from mine where i.order_id = mine.order_id returning i.order_id
    """
)
# A statement of its own: it sees what was written down while the one before waited.
_WITHDRAW = text("delete from tickets.documents where order_id = any(:order_ids) returning order_id")

_OF_ORDER = text(
    """
    select t.*, i.facts from tickets.tickets t join tickets.issues i using (order_id)
    where t.order_id = :order_id order by t.number
    """
)


def issue(facts: IssueFacts, lines: Sequence[TicketLine]) -> list[Ticket]:
    """Issue one signed ticket a line, in the caller's transaction. An order that was issued before gets its own."""
    for _ in range(2):
        key = keys.signing_key()
        tickets = [_ticket(facts, line, number, key) for number, line in enumerate(lines, start=1)]
        written = db.session().execute(_ISSUE, _issue_values(facts, tickets, key)).all()
        if len(written) == len(lines):
            return tickets
        before = of_order(facts.order_id)
        if before:
            return before
        keys.forget()
    raise RuntimeError("no signing key could be used")


def _ticket(facts: IssueFacts, line: TicketLine, number: int, key: keys.SigningKey) -> Ticket:
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


_LINE = (
    "number", "code", "qr_text", "seat_id", "seat_name", "row_label", "seat_number", "zone_name", "ticket_type",
    "half_kind", "price", "section",
)  # fmt: skip


def _issue_values(facts: IssueFacts, tickets: Sequence[Ticket], key: keys.SigningKey) -> dict[str, Any]:
    lines = [
        {"id": str(ticket.id), "qr_symbol": f"\\x{(ticket.qr_symbol or b'').hex()}"}
        | {name: getattr(ticket, name) for name in _LINE}
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


def retime(screening: Screening) -> None:
    """Take over the screening's moments (UTC) and its hour by the site's clock; the tickets themselves stay."""
    showtime = screening.showtime
    facts = {
        "starts_at": screening.starts_at.isoformat(),
        "ends_at": screening.ends_at.isoformat(),
        "starts_local": showtime.clock.isoformat(),
        "timezone": showtime.timezone,
    }
    values = {"id": screening.id, "starts_at": screening.starts_at, "ends_at": screening.ends_at}
    db.session().execute(_RETIME, values | {"facts": json.dumps(facts)})


def renew(screening: Screening) -> int:
    """Take over the screening's version, format and length; returns for how many orders.

    The tickets stay what they are: codes and QR codes hold none of these facts. A PDF that shows the former ones is
    handed out no more, and is made again by message. An order whose PDF was not made yet, or is gone, needs no other.
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
    renewed = db.session().execute(_RENEW, values | {"facts": json.dumps(facts)}).scalars().all()
    for order_id in sorted(db.session().execute(_WITHDRAW, {"order_ids": renewed}).scalars()):
        outbox.publish(TicketsResigned(str(order_id)))
    return len(renewed)


def of_order(order_id: uuid.UUID) -> list[Ticket]:
    """The order's tickets by number, whatever their state; none before it is paid."""
    rows = db.session().execute(_OF_ORDER, {"order_id": order_id}).all()
    facts = IssueFacts.of(rows[0].facts) if rows else None
    return [Ticket.of(row, facts) for row in rows if facts is not None]


def revoke(order_id: uuid.UUID) -> int:
    """Revoke all valid tickets of the order; returns how many. Their mail is not sent, and their PDF is deleted.

    Raises AlreadyAdmitted when one is in, also when it goes in at this very moment: the caller rolls back.
    """
    counted = db.session().execute(_REVOKE, {"order_id": order_id}).one()
    if counted.admitted:
        raise AlreadyAdmitted("tickets.admitted")
    if counted.revoked:
        outbox.withdraw(TicketsReady, order_id=str(order_id))
        outbox.publish(TicketsRevoked(str(order_id)))
    return int(counted.revoked)
