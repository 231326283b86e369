"""What a door keeps to work without a network: keys, tickets and conflicts, whole or as changed since a point in time.

The point is a snapshot of the database (`pg_current_snapshot`), not a time: a transaction that began before it and
committed after it is not in the snapshot, so its rows are among the next changes. `changed_in` is the number of the
transaction that changed a ticket last.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from app.core import db
from app.tickets.door_views import Conflict, DoorKey, DoorState, DoorTicket

# Rows of a database that was restored elsewhere may have numbers of the future. They are never changes.
_NOT_VISIBLE = """
    {table}.changed_in >= pg_snapshot_xmin(cast(:since as pg_snapshot))
    and {table}.changed_in < pg_snapshot_xmax(pg_current_snapshot())
    and not pg_visible_in_snapshot({table}.changed_in, cast(:since as pg_snapshot))
"""
_COLUMNS = """
    select t.id, t.screening_id, t.order_id, i.facts->>'order_code', t.row_label, t.seat_number, t.section,
      t.ticket_type, t.half_kind, t.code, t.kid, t.revision, t.state, t.admitted_at, t.gate
    from tickets.issues i join tickets.tickets t using (order_id)
"""
_ORDERED = "order by t.screening_id, t.order_id, t.number"
ALL_TICKETS = f"{_COLUMNS} where i.screening_id = any(:ids) {_ORDERED}"
CHANGED_TICKETS = (
    f"{_COLUMNS} where {_NOT_VISIBLE.format(table='t')} and t.screening_id = any(:ids) {_ORDERED}"
)
_STATE = text(
    """
    select pg_current_snapshot()::text as snapshot, clock_timestamp() as now, k.kid, k.public_key,
      coalesce(k.signs_from, k.created_at) as signs_from, k.retired_at is not null as blocked
    from (select) as one left join tickets.signing_keys k on true order by k.kid
    """
)
_CONFLICT_COLUMNS = """
    select c.id, c.ticket_id, c.screening_id, c.seat_name, c.reason, c.other_at, c.other_gate, c.other_by, c.scanned_at,
      c.gate, c.by_user_id, c.recorded_at
    from tickets.door_conflicts c
"""
_CONFLICTS = f"{_CONFLICT_COLUMNS} where c.cinema_id = :cinema and c.recorded_at >= :from "


def door_state(cinema_id: int, day_start: datetime, *, since: str | None = None) -> DoorState:
    """The keys of the installation, and the site's conflicts since `day_start`, or since the snapshot `since`.

    Read it before the tickets: what is committed between the two is then read twice, and nothing is missed.
    """
    rows = db.session().execute(_STATE).all()
    found = _CONFLICTS + (f"and {_NOT_VISIBLE.format(table='c')}" if since else "") + "order by c.id"
    values = {"cinema": cinema_id, "from": day_start, "since": since}
    conflicts = db.session().execute(text(found), values)
    return DoorState(
        rows[0].snapshot,
        rows[0].now,
        tuple(
            DoorKey(row.kid, bytes(row.public_key), row.signs_from, row.blocked) for row in rows if row.kid
        ),
        tuple(Conflict(*row) for row in conflicts),
    )


def recent_conflicts(days: int) -> list[Conflict]:
    """The conflicts of all sites that were recorded in the last `days`, the newest first."""
    since = "c.recorded_at > clock_timestamp() - make_interval(days => :days)"
    query = text(f"{_CONFLICT_COLUMNS} where {since} order by c.id desc")
    return [Conflict(*row) for row in db.session().execute(query, {"days": days})]


def offline_tickets(screening_ids: Sequence[int], *, since: str | None = None) -> list[DoorTicket]:
    """The tickets of these screenings in every state, by screening and order; with `since` only those that changed."""
    query = text(CHANGED_TICKETS if since else ALL_TICKETS)
    rows = db.session().execute(query, {"ids": list(screening_ids), "since": since})
    return [DoorTicket(*row) for row in rows]


def is_of_the_future(since: str, snapshot: str) -> bool:
    """Whether the snapshot `since` is newer than `snapshot`: then it is of another database."""
    return _end(since) > _end(snapshot)


def _end(snapshot: str) -> int:
    return int(snapshot.split(":")[1])
