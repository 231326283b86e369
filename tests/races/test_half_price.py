"""Race: many customers choose half price at once, and the quota of 40 % is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core import db
from app.core.config import Settings
from app.events.service import Screening
from app.orders import half_price_claims
from app.orders import service as orders
from app.orders.service import HalfPriceGone, OrderView
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.purchases import SENIOR, STUDENT
from tests.races.concurrency import of_kind, run_at_once
from tests.reservations.auditoriums import make_screening, seat_plan_of

PEOPLE = 30
PLACES = 12  # 40 % of 30 seats


@pytest.fixture
def screening(app: object, database: str, settings: Settings) -> Iterator[Screening]:
    db.connect(database, pool_size=PEOPLE + 10)
    yield make_screening("o" * PEOPLE)
    db.connect(database, pool_size=settings.database.pool_size)


def baskets(screening: Screening) -> list[OrderView]:
    """One basket with one seat for each person."""
    return [
        purchases.start(screening, [seat.id], f"visitor-{seat.id}")
        for seat in seat_plan_of(screening).seats[:PEOPLE]
    ]


def choose_half_price_at_once(everybody: list[OrderView]) -> int:
    """Let all choose half price at once, with slow commits; returns how many succeeded."""

    def choose(basket: OrderView) -> bool:
        try:
            with db.transaction() as session:
                orders.choose_types(basket.token, {basket.seats[0].seat_id: STUDENT}, owner_of(basket))
                session.execute(text("select pg_sleep(0.05)"))
        except HalfPriceGone:
            return False
        return True

    results = run_at_once([lambda basket=basket: choose(basket) for basket in everybody])  # type: ignore[misc]
    assert not of_kind(results, Exception), results
    return sum(results)


def claimed(screening: Screening) -> int:
    with db.reading() as session:
        return session.execute(
            text("select coalesce(sum(places), 0) from orders.half_price_claims where screening_id = :id"),
            {"id": screening.id},
        ).scalar_one()


def test_the_quota_is_not_exceeded(screening: Screening) -> None:
    assert choose_half_price_at_once(baskets(screening)) == PLACES
    assert claimed(screening) == PLACES
    with db.reading():
        assert orders.half_price_left(screening.id) == (0, PLACES)


def test_control_without_the_lock_the_quota_is_exceeded(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(half_price_claims, "lock_quota", lambda screening_id: None)
    assert choose_half_price_at_once(baskets(screening)) > PLACES
    assert claimed(screening) > PLACES


def test_seniors_do_not_count_for_the_quota(screening: Screening) -> None:
    everybody = baskets(screening)
    assert choose_half_price_at_once(everybody) == PLACES
    for basket in everybody:
        if not purchases.order(basket.token).types_chosen:
            purchases.choose(basket, [SENIOR])
    assert claimed(screening) == PLACES
