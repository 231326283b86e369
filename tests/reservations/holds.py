"""Steps of the tests of holds and of the waiting list."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import text

from app.core import db
from app.events.service import Screening
from app.reservations import service
from app.reservations.service import Reservation
from tests.actors import new_visitor_actor
from tests.reservations.auditoriums import seat_ids, seat_plan_of


def seat_ids_of(screening: Screening, names: str) -> tuple[int, ...]:
    return seat_ids(seat_plan_of(screening), names)


def hold(screening: Screening, names: str, *, visitor: str = "", address_key: str = "") -> Reservation:
    with db.transaction():
        return service.hold_seats(
            screening,
            seat_ids_of(screening, names),
            new_visitor_actor(visitor=visitor, address_key=address_key),
        )


def hold_best(screening: Screening, quantity: int, *, visitor: str = "") -> Reservation:
    with db.transaction():
        return service.hold_best(screening, quantity, new_visitor_actor(visitor=visitor))


def taken_seats(screening: Screening) -> str:
    room = seat_plan_of(screening)
    with db.reading():
        states = service.seat_states(screening.id)
    return " ".join(seat.name for seat in room.seats if seat.id in states)


def expire_hold(reservation_id: uuid.UUID, *, seconds: int = 1) -> None:
    """Let a hold and its claims be expired since `seconds`."""
    for statement in (
        "update reservations.reservations set expires_at = clock_timestamp() - make_interval(secs => :s)"
        " where id = :id",
        "update reservations.seat_claims set expires_at = clock_timestamp() - make_interval(secs => :s)"
        " where reservation_id = :id",
    ):
        with db.transaction() as session:
            session.execute(text(statement), {"id": reservation_id, "s": seconds})


def messages(kind: str) -> list[dict[str, Any]]:
    with db.reading() as session:
        rows = session.execute(
            text("select payload from core.outbox where kind = :kind order by created_at"), {"kind": kind}
        )
        return [row.payload for row in rows]


def count_rows(table: str) -> int:
    with db.reading() as session:
        return int(session.execute(text(f"select count(*) from reservations.{table}")).scalar_one())
