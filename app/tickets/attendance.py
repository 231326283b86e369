"""How many ticket holders of a screening are inside, and how many are still expected."""

from __future__ import annotations

from sqlalchemy import text

from app.core import db
from app.core.state_machine import none_of, one_of
from app.tickets.states import ADMITTED, OUTSIDE, REVOKED, VALID
from app.tickets.views import Attendance

# The condition on the state lets Postgres use the screening's index, which leaves revoked tickets out.
ATTENDANCE = text(
    f"""
    select count(*) filter (where {one_of("state", (ADMITTED,))}) as inside,
      count(*) filter (where {one_of("state", (VALID,))}) as missing,
      count(*) filter (where {one_of("state", (OUTSIDE,))}) as outside
    from tickets.tickets where screening_id = any(:ids) and {none_of("state", (REVOKED,))}
    """
)


def attendance(*screening_ids: int) -> Attendance:
    """How many are inside, still expected and let out, of all these screenings; revoked tickets do not count."""
    row = db.session().execute(ATTENDANCE, {"ids": list(screening_ids)}).one()
    return Attendance(row.inside, row.missing, row.outside)
