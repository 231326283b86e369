"""Race: eight requests with one once-token (idempotency key) at once create one order with one set of seats."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core import db
from app.core.config import Settings
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import AlreadyStarted
from app.reservations import service as reservations
from app.reservations.service import TooManyHolds
from tests.actors import visitor_actor
from tests.races.concurrency import of_kind, run_at_once
from tests.reservations.auditoriums import make_screening, seat_plan_of

CLICKS = 8


@pytest.fixture
def screening(app: object, database: str, settings: Settings) -> Iterator[Screening]:
    db.connect(database, pool_size=20)
    yield make_screening("o" * 10, "o" * 10)
    db.connect(database, pool_size=settings.database.pool_size)


def click(screening: Screening, once: str, seats: list[int] | None) -> str:
    try:
        with db.transaction() as session:
            if seats is None:
                started = orders.start_with_best(screening.id, 2, visitor_actor(), once=once)
            else:
                started = orders.start_with_seats(screening.id, seats, visitor_actor(), once=once)
            session.execute(text("select pg_sleep(0.1)"))
        return started.token
    except AlreadyStarted as before:
        return before.token


def taken(screening: Screening) -> int:
    with db.reading():
        return len(reservations.seat_states(screening.id))


@pytest.mark.parametrize("best", [True, False], ids=["best seats", "chosen seats"])
def test_all_requests_with_one_token_get_one_order(screening: Screening, best: bool) -> None:
    seats = None if best else [seat.id for seat in seat_plan_of(screening).seats[:2]]
    results = run_at_once([lambda: click(screening, "one-and-the-same", seats)] * CLICKS)
    assert not of_kind(results, Exception), results
    assert len(set(results)) == 1
    assert taken(screening) == 2


@pytest.mark.parametrize("best", [True, False], ids=["best seats", "chosen seats"])
def test_all_requests_after_giving_up_get_one_new_order(screening: Screening, best: bool) -> None:
    seats = None if best else [seat.id for seat in seat_plan_of(screening).seats[:2]]
    given_up = click(screening, "one-and-the-same", seats)
    with db.transaction():
        orders.abandon(given_up, visitor_actor())
    results = run_at_once([lambda: click(screening, "one-and-the-same", seats)] * CLICKS)
    assert not of_kind(results, Exception), results
    assert (len(set(results)), given_up in results) == (1, False)
    assert taken(screening) == 2


def test_control_with_different_tokens_each_request_holds_seats(screening: Screening) -> None:
    results = run_at_once([lambda: click(screening, uuid.uuid4().hex, None)] * CLICKS)
    held = set(results) - set(of_kind(results, TooManyHolds))
    assert len(held) > 1
    assert taken(screening) == 2 * len(held)
