"""The statements of the live seat map (`live.py`): watch screenings, and read the taken seats of those that changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from app.core import db
from app.events import service as events

WATCH_SECONDS = 60.0


def watch(screening_ids: list[int]) -> None:
    """Let claims of these screenings send a NOTIFY for the next minute. Opens its own transaction."""
    with db.transaction() as session:
        session.execute(
            text(
                "insert into reservations.seat_watches as known (screening_id, until)"
                " select id, clock_timestamp() + make_interval(secs => :seconds)"
                " from unnest(cast(:ids as integer[])) id order by id"
                " on conflict (screening_id) do update set until = greatest(known.until, excluded.until)"
            ),
            {"ids": screening_ids, "seconds": WATCH_SECONDS},
        )


def read(screening_ids: list[int]) -> tuple[dict[int, dict[int, datetime | None]], datetime]:
    """Return the taken seats of several screenings, with those not for sale, and the database's time.

    Opens its own reading scope.
    """
    states: dict[int, dict[int, datetime | None]] = {screening_id: {} for screening_id in screening_ids}
    with db.reading() as session:
        rows = session.execute(
            text(
                "select screening_id, seat_id, expires_at, clock_timestamp() as now from (select 1) one"
                " left join reservations.seat_claims on screening_id = any(:ids)"
                " and (expires_at is null or expires_at >= clock_timestamp())"
            ),
            {"ids": screening_ids},
        ).all()
        for row in rows:
            if row.screening_id is not None:
                states[row.screening_id][row.seat_id] = row.expires_at
        for screening_id, known in states.items():
            plan = events.seat_plan(events.screening(screening_id).auditorium_id)
            known.update(dict.fromkeys(plan.not_sold))
    return states, rows[0].now
