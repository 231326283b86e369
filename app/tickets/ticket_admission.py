"""Admission of a known ticket: the one conditional update that admits it, and the reason why it admits none."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, text

from app.core import db
from app.core.i18n import local
from app.core.moves import move
from app.core.prepared import Prepared
from app.core.showtime import cinema_day
from app.events import service as events
from app.tickets import admission_log, partner_events, qr
from app.tickets.admission_log import (
    ORDER_COLUMNS,
    REPEATS,
    Door,
    DuplicateAttempt,
    Tokens,
    admission_of,
    first_row,
)
from app.tickets.attendance import COUNT
from app.tickets.door_opening import opening_lead_time
from app.tickets.door_views import Admission, Attendance
from app.tickets.found_ticket import FoundTicket
from app.tickets.states import ADMITTED, REVOKED, TICKET
from app.tickets.views import IssueFacts

# By name, as a prepared statement needs it.
_TICKET = """
    t.id, t.number, t.code, t.qr_text, t.revision, t.state, t.screening_id, t.seat_id, t.seat_name, t.row_label,
    t.seat_number, t.zone_name, t.section, t.ticket_type, t.half_kind, t.price, t.admitted_at, t.gate, t.admitted_by,
    t.left_at, t.qr_symbol"""
_COLUMNS = (
    f"{_TICKET}, i.facts, i.cinema_id, i.starts_at, i.ends_at, clock_timestamp() as now, {ORDER_COLUMNS}"
)

# The state machine adds the condition on the state. It lets one of two doors win: the second one waits for the row,
# reads it again, and updates none. A screening is called off from the moment of the decision; the worker revokes its
# tickets later. A supervisor's override leaves out all conditions but these two.
ADMIT = TICKET.update(
    "admit",
    columns="admitted_at = clock_timestamp(), gate = :gate, admitted_by = :by",
    using="tickets.issues i",
    where=f"""
        i.order_id = t.order_id and t.id = :id and not {events.cancelled_condition("t.screening_id")} and (:override
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


@lru_cache(maxsize=4)
def _recorded(admit: str) -> Prepared:
    """`admit` with the row of the try and the attendance before: a statement costs more than what it does.

    Its result is one row, also when nothing was admitted.
    """
    return Prepared(
        "admit",
        f"""
        with repeats as ({REPEATS}), moved as ({admit}), logged as (
          insert into tickets.admissions (verdict, ticket_id, screening_id, gate, by_user_id, device, once)
          select case when left_at is null then 'admitted' else 'readmitted' end, id, cast(:screening as int), :gate,
            :by, cast(:device as uuid), case when exists (select from repeats) then null else cast(:once as text) end
          from moved on conflict (once) do nothing returning id as try_id
        ), counted as ({COUNT})
        select (select min(id) from repeats where is_repeat) as repeat_of, logged.try_id, counted.*, moved.*
        from counted left join moved on true left join logged on true
        """,
    )


def admit_and_record(
    found: FoundTicket, door: Door, tokens: Tokens, counted: Sequence[int] = ()
) -> Admission | None:
    """Admit the ticket and write the try's row, in the caller's transaction; None if the ticket is refused.

    Raises DuplicateAttempt when this try got its answer before: the caller must roll back.
    """
    values = _admit_values(found, door) | tokens.values | {"device": door.actor.device, "ids": list(counted)}
    row = _recorded(ADMIT).execute(values).one()
    if row.repeat_of is not None:
        raise DuplicateAttempt(row.repeat_of)
    if row.id is None:
        return None
    if row.try_id is None:  # the same form was sent at the same moment
        raise DuplicateAttempt(first_row(tokens.once))
    partner_events.publish_admitted(row, row.admitted_at)
    verdict = "admitted" if row.left_at is None else "readmitted"
    admission_log.count(verdict)
    attendance = _with(row, counted) if counted else None
    return replace(admission_of(verdict, row), id=row.try_id, attendance=attendance)


def _with(row: Row[Any], counted: Sequence[int]) -> Attendance:
    """The attendance after the admission in `row`."""
    before = Attendance(row.inside, row.missing, row.outside)
    if row.screening_id not in counted:
        return before
    return before + (Attendance(1, -1) if row.left_at is None else Attendance(1, 0, -1))


def admit_ticket(ticket_id: uuid.UUID, door: Door) -> Admission:
    """Admit the ticket as a supervisor decided, in the caller's transaction; a refusal is a verdict too.

    Only the ticket's state counts, and whether the screening was called off.
    """
    found = FoundTicket(ticket_id, None)
    row = db.session().execute(text(ADMIT), _admit_values(found, door, override=True)).first()
    if row is None:
        return refuse_ticket(found, door)
    partner_events.publish_admitted(row, row.admitted_at)
    early = "admitted_early" if row.is_early else "admitted"
    return admission_of("readmitted" if row.left_at else early, row)


def _admit_values(found: FoundTicket, door: Door, *, override: bool = False) -> dict[str, object]:
    """The values of ADMIT. With a QR code's payload its revision and key must be current."""
    payload = found.payload
    return {
        "id": found.id,
        "kid": payload.kid if payload else 0,
        "revision": payload.revision if payload else None,
        "gate": door.gate,
        "by": door.actor.user_id,
        "screening": door.screening_id,
        "cinema": door.cinema_id,
        "opens": opening_lead_time(),
        "override": override,
    }


def refuse_ticket(found: FoundTicket, door: Door) -> Admission:
    """The verdict on a ticket that ADMIT did not admit; `unknown` if there is none."""
    row = _select(found)
    if row is None:
        return Admission("unknown")
    return admission_of(_refusal_of(row, door, found.payload), row)


def identify_ticket(found: FoundTicket) -> Admission:
    """The ticket with the verdict `identified`, in any state; `replaced` if the QR code is not current; `unknown`."""
    row = _select(found)
    if row is None:
        return Admission("unknown")
    return admission_of("identified" if _is_current(row, found.payload) else "replaced", row)


def _select(found: FoundTicket) -> Row[Any] | None:
    key = {"id": found.id, "kid": found.payload.kid if found.payload else 0}
    return db.session().execute(_SELECT_TICKET, key).first()


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
