"""What the tests of holds and of the queue do again and again."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import text

from app.core import db
from app.events.service import Screening
from app.reservations import service
from app.reservations.service import Reservation
from tests.actors import stranger
from tests.reservations.rooms import ids, plan_of


def seats(screening: Screening, names: str) -> tuple[int, ...]:
    return ids(plan_of(screening), names)


def hold(screening: Screening, names: str, *, visitor: str = "", address_key: str = "") -> Reservation:
    with db.transaction():
        return service.hold_seats(
            screening,
            seats(screening, names),
            stranger(visitor=visitor, address_key=address_key),
        )


def best(screening: Screening, quantity: int, *, visitor: str = "") -> Reservation:
    with db.transaction():
        return service.hold_best(screening, quantity, stranger(visitor=visitor))


def taken(screening: Screening) -> str:
    room = plan_of(screening)
    with db.reading():
        states = service.seat_states(screening.id)
    return " ".join(seat.name for seat in room.seats if seat.id in states)


def let_it_run_out(reservation_id: uuid.UUID, *, seconds: int = 1) -> None:
    """Let a hold's time be over since `seconds`, for its claims too."""
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


def count(table: str) -> int:
    with db.reading() as session:
        return int(session.execute(text(f"select count(*) from reservations.{table}")).scalar_one())
