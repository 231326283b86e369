"""The ticket holders of a screening: how many are inside and still expected, and the list of their tickets."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import text

from app.core import db
from app.core.state_machine import none_of, one_of
from app.tickets.door_views import Attendance
from app.tickets.states import ADMITTED, OUTSIDE, REVOKED, VALID
from app.tickets.views import IssueFacts, Ticket

# The condition on the state lets Postgres use the screening's index, which leaves revoked tickets out.
COUNT = f"""
    select count(*) filter (where {one_of("state", (ADMITTED,))}) as inside,
      count(*) filter (where {one_of("state", (VALID,))}) as missing,
      count(*) filter (where {one_of("state", (OUTSIDE,))}) as outside
    from tickets.tickets where screening_id = any(:ids) and {none_of("state", (REVOKED,))}
    """
ATTENDANCE = text(COUNT)


def attendance(*screening_ids: int) -> Attendance:
    """How many are inside, still expected and let out, of all these screenings; revoked tickets do not count."""
    row = db.session().execute(ATTENDANCE, {"ids": list(screening_ids)}).one()
    return Attendance(row.inside, row.missing, row.outside)


_BY_TYPE = text(
    f"""
    select screening_id, half_kind, count(*) filter (where {one_of("state", (ADMITTED,))}) as inside,
      count(*) filter (where {one_of("state", (VALID,))}) as missing,
      count(*) filter (where {one_of("state", (OUTSIDE,))}) as outside
    from tickets.tickets where screening_id = any(:ids) and {none_of("state", (REVOKED,))}
    group by screening_id, half_kind
    """
)


def attendance_by_type(screening_ids: Collection[int]) -> dict[tuple[int, str | None], Attendance]:
    """The same numbers by screening and half-price kind (None: full price); a type without tickets is left out."""
    rows = db.session().execute(_BY_TYPE, {"ids": list(screening_ids)})
    return {
        (row.screening_id, row.half_kind): Attendance(row.inside, row.missing, row.outside) for row in rows
    }


_OF_SCREENING = text(
    f"""
    select t.*, i.facts from tickets.tickets t join tickets.issues i using (order_id)
    where t.screening_id = :id and {none_of("t.state", (REVOKED,))} order by t.order_id, t.number
    """
)


def of_screening(screening_id: int) -> list[Ticket]:
    """The screening's tickets by order and number, without revoked ones."""
    facts: dict[uuid.UUID, IssueFacts] = {}
    found = []
    for row in db.session().execute(_OF_SCREENING, {"id": screening_id}):
        if row.order_id not in facts:
            facts[row.order_id] = IssueFacts.of(row.facts)
        found.append(Ticket.of(row, facts[row.order_id]))
    return found
