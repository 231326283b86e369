"""Read reservations and the claimed seats of screenings, in the caller's transaction.

A seat is claimed when it has a claim that has not expired. What is read may be untrue a moment later: only claims
decide. Seats that are not for sale have no claim: `SeatPlan.not_sold` names them.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Row, text

from app.core import db
from app.core.config import settings
from app.core.errors import NotFound
from app.reservations.views import Reservation


def execute(statement: str, **values: object) -> CursorResult[Any]:
    """Execute SQL in the caller's transaction."""
    return cast(CursorResult[Any], db.session().execute(text(statement), values))


def grace() -> timedelta:
    """Return the time by which claims outlive their deadline."""
    return timedelta(seconds=settings().holds.grace_seconds)


_RESERVATION = """
    select r.id, r.screening_id, r.state, r.expires_at,
      array(select seat_id from reservations.reservation_seats s where s.reservation_id = r.id order by seat_id)
        as seat_ids
    from reservations.reservations r where r.id = :id
"""


def reservation(reservation_id: uuid.UUID) -> Reservation:
    """Return a reservation with the seats that it asked for. Raises NotFound."""
    row = execute(_RESERVATION, id=reservation_id).one_or_none()
    if row is None:
        raise NotFound(f"reservation {reservation_id}")
    return _view(row)


def _view(row: Row[Any]) -> Reservation:
    return Reservation(
        row.id,
        row.screening_id,
        row.state,
        tuple(row.seat_ids),
        row.expires_at,
        row.expires_at - grace(),
    )


def seats_of(reservation_id: uuid.UUID) -> tuple[int, ...]:
    """Return the seats that the reservation asked for, in whatever state it is. Raises NotFound."""
    return reservation(reservation_id).seat_ids


def seats_of_each(reservation_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[int, ...]]:
    """Return `seats_of` several reservations by one query; by none if `reservation_ids` is empty."""
    ids = list(reservation_ids)
    if not ids:
        return {}
    rows = execute(
        "select reservation_id, array_agg(seat_id order by seat_id) as seat_ids"
        " from reservations.reservation_seats where reservation_id = any(:ids) group by reservation_id",
        ids=ids,
    )
    return {row.reservation_id: tuple(row.seat_ids) for row in rows}


def claimed_seats(screening_id: int) -> dict[int, datetime | None]:
    """Return the claimed seats of a screening and when their claims expire; None for sold."""
    rows = execute(
        "select seat_id, expires_at from reservations.seat_claims where screening_id = :screening_id"
        " and (expires_at is null or expires_at >= clock_timestamp())",
        screening_id=screening_id,
    )
    return {row[0]: row[1] for row in rows}


def are_free(screening_id: int, seat_ids: Collection[int], *, except_by: uuid.UUID) -> bool:
    """Return whether no reservation except `except_by` has any of these seats."""
    rows = execute(
        "select 1 from reservations.seat_claims where screening_id = :screening_id and seat_id = any(:seat_ids)"
        " and reservation_id <> :except_by and (expires_at is null or expires_at >= clock_timestamp()) limit 1",
        screening_id=screening_id,
        seat_ids=list(seat_ids),
        except_by=except_by,
    )
    return rows.first() is None


def claimed_among(screening_id: int, seat_ids: Sequence[int]) -> frozenset[int]:
    """Return which of these seats are claimed now."""
    rows = execute(
        "select seat_id from reservations.seat_claims where screening_id = :screening_id"
        " and seat_id = any(:seat_ids) and (expires_at is null or expires_at >= clock_timestamp())",
        screening_id=screening_id,
        seat_ids=list(seat_ids),
    )
    return frozenset(rows.scalars())


def taken_in_each(screening_ids: Iterable[int], seat_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Return which of these seats are taken now in which of these screenings: (screening id, seat id)."""
    rows = execute(
        "select screening_id, seat_id from reservations.seat_claims where screening_id = any(:screening_ids)"
        " and seat_id = any(:seat_ids) and (expires_at is null or expires_at >= clock_timestamp())",
        screening_ids=list(screening_ids),
        seat_ids=list(seat_ids),
    )
    return {(row.screening_id, row.seat_id) for row in rows}


def occupancy(screening_ids: Iterable[int], *, not_sold: Collection[int] = ()) -> dict[int, int]:
    """Return how many seats of each screening are sold or held now; screenings without any are left out.

    Seats in `not_sold` do not count: they were sold first and taken off sale later.
    """
    rows = execute(
        "select screening_id, count(*) as taken from reservations.seat_claims"
        " where screening_id = any(:ids) and (expires_at is null or expires_at >= clock_timestamp())"
        " and not seat_id = any(:not_sold) group by screening_id",
        ids=list(screening_ids),
        not_sold=sorted(not_sold),
    )
    return {row.screening_id: row.taken for row in rows}
