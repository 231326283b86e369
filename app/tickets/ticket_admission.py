"""Admission of a known ticket: the one conditional update that admits it, and the reason why it admits none."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.core import db
from app.core.i18n import local
from app.core.moves import move
from app.core.showtime import cinema_day
from app.events import service as events
from app.tickets import qr
from app.tickets.admission_log import ORDER_COLUMNS, Door, admission_of
from app.tickets.door_opening import opening_lead_time
from app.tickets.door_views import Admission
from app.tickets.states import ADMITTED, REVOKED, TICKET
from app.tickets.views import IssueFacts

_COLUMNS = f"t.*, i.facts, i.cinema_id, i.starts_at, i.ends_at, clock_timestamp() as now, {ORDER_COLUMNS}"

# The state machine adds the condition on the state. It lets one of two doors win: the second one waits for the row,
# reads it again, and updates none. A supervisor's override leaves out all conditions but that one.
ADMIT = TICKET.update(
    "admit",
    columns="admitted_at = clock_timestamp(), gate = :gate, admitted_by = :by",
    using="tickets.issues i",
    where="""
        i.order_id = t.order_id and t.id = :id and (:override
        or (cast(:revision as int) is null
          or t.revision = :revision and exists (
              select from tickets.signing_keys k where k.kid = :kid and k.retired_at is null))
        and (cast(:cinema as int) is null or i.cinema_id = :cinema)
        and (t.screening_id = :screening or cast(:screening as int) is null and clock_timestamp() <= i.ends_at)
        and clock_timestamp() >= i.starts_at - cast(:opens as interval))
    """,
    alias="t",
    returning=f"{_COLUMNS}, t.admitted_at < i.starts_at - cast(:opens as interval) as is_early",
)
_SELECT_TICKET = text(
    f"""
    select {_COLUMNS},
      exists (select from tickets.signing_keys k where k.kid = :kid and k.retired_at is null) as key_counts
    from tickets.tickets t join tickets.issues i using (order_id) where t.id = :id
    """
)
UNDO = move(
    TICKET,
    "undo",
    columns="admitted_at = null, gate = null, admitted_by = null",
    where="id = :id and left_at is null",
)
_PUT_OUTSIDE = move(TICKET, "let_out")


def admit_ticket(
    ticket_id: uuid.UUID, door: Door, payload: qr.Payload | None = None, *, override: bool = False
) -> Admission:
    """Admit the ticket at this door, in the caller's transaction; a refusal is a verdict too.

    With a QR code's `payload` its revision and key must be current. `override`: a supervisor decided, so only the
    ticket's state counts.
    """
    key = {"id": ticket_id, "kid": payload.kid if payload else 0}
    values = key | {
        "revision": payload.revision if payload else None,
        "gate": door.gate,
        "by": door.actor.user_id,
        "screening": door.screening_id,
        "cinema": door.cinema_id,
        "opens": opening_lead_time(),
        "override": override,
    }
    row = db.session().execute(text(ADMIT), values).first()
    # A screening is called off from the moment of the decision; the worker revokes its tickets later.
    if row is not None and not events.is_cancelled(row.screening_id):
        early = "admitted_early" if row.is_early else "admitted"
        return admission_of("readmitted" if row.left_at else early, row)
    if row is not None:
        # This transaction still locks the row: no other one has seen the ticket admitted.
        (_PUT_OUTSIDE if row.left_at else UNDO).require(id=ticket_id)
    row = db.session().execute(_SELECT_TICKET, key).first()
    if row is None:
        return Admission("unknown")
    return admission_of(_refusal_of(row, door, payload), row)


def identify_ticket(ticket_id: uuid.UUID, payload: qr.Payload | None) -> Admission:
    """The ticket with the verdict `identified`, in any state; `replaced` if the QR code is not current; `unknown`."""
    key = {"id": ticket_id, "kid": payload.kid if payload else 0}
    row = db.session().execute(_SELECT_TICKET, key).first()
    if row is None:
        return Admission("unknown")
    return admission_of("identified" if _is_current(row, payload) else "replaced", row)


def _is_current(row: Row[Any], payload: qr.Payload | None) -> bool:
    return payload is None or bool(payload.revision == row.revision and row.key_counts)


def _refusal_of(row: Row[Any], door: Door, payload: qr.Payload | None) -> str:
    called_off = events.is_cancelled(row.screening_id)
    return refusal(
        row.state, _is_current(row, payload), IssueFacts.of(row.facts), door, row.now, called_off=called_off
    )


def refusal(
    state: str,
    is_current: bool,
    facts: IssueFacts,
    door: Door,
    now: datetime,
    *,
    called_off: bool = False,
) -> str:
    """The verdict that refuses a known ticket. `is_current` is false for a QR code that a newer one replaced."""
    if state == ADMITTED:
        return "already"
    if called_off:
        return "called_off"
    if state == REVOKED:
        return "revoked"
    if not is_current:
        return "replaced"
    if door.cinema_id is not None and facts.cinema_id != door.cinema_id:
        return "other_cinema"
    if facts.showtime.cinema_day != cinema_day(local(now, facts.timezone)):
        return "other_day"
    if door.screening_id not in (None, facts.screening_id):
        return "other_screening"
    return "too_early" if now < facts.starts_at else "over"
