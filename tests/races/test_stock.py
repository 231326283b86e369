"""The last popcorn: many at once, one gets it. Without the lock on the stock's row, more than one would."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core import db
from app.core.config import Settings
from app.core.errors import Conflict
from app.products import service, stock_statements
from tests.products.counter import SITE, hold, left, live_claims, make_counter, soon
from tests.races.crowd import of_kind, rush

THREADS = 40


@pytest.fixture(autouse=True)
def crowd(database: str, settings: Settings) -> Iterator[None]:
    """Room for all at a time, and a database that notices deadlocks quickly."""
    impatient = {"options": "-c deadlock_timeout=50ms"}
    db.connect(database, pool_size=THREADS + 10, connect_args=impatient)
    yield
    db.connect(database, pool_size=settings.database.pool_size)


def take_the_last(product: int) -> int:
    """All want the same last one, each in a transaction that is slow to commit; returns how many got it."""

    def want() -> bool:
        try:
            with db.transaction() as session:
                service.hold(uuid.uuid4(), SITE, {product: 1}, soon())
                session.execute(text("select pg_sleep(0.3)"))
        except service.OutOfStock:
            return False
        return True

    results = rush([want] * THREADS)
    assert not of_kind(results, Exception)
    return sum(results)


def test_one_gets_the_last_one(database: str) -> None:
    counter = make_counter(popcorn=1)
    assert take_the_last(counter.popcorn) == 1
    assert live_claims(counter.popcorn) == 1


def test_control_without_the_lock_the_last_one_is_sold_many_times(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_statements, "LOCKED_HOLD", text(stock_statements.HOLD))
    counter = make_counter(popcorn=1)
    assert take_the_last(counter.popcorn) > 1
    assert live_claims(counter.popcorn) > 1


def test_combos_and_singles_share_the_last_ones(database: str) -> None:
    counter = make_counter(popcorn=7, soda=9)
    choices = [
        {counter.combo: 1},
        {counter.popcorn: 1},
        {counter.soda: 2},
        {counter.soda: 1, counter.popcorn: 2},
    ]

    def want(number: int) -> bool:
        try:
            hold(choices[number % len(choices)])
        except service.OutOfStock:
            return False
        return True

    results = rush([lambda number=number: want(number) for number in range(THREADS)])  # type: ignore[misc]
    assert not of_kind(results, Exception)
    assert live_claims(counter.popcorn) <= 7
    assert live_claims(counter.soda) <= 9
    assert left()["combo"] == 0


def test_everything_at_once_neither_oversells_nor_deadlocks(database: str) -> None:
    counter = make_counter(popcorn=30, soda=40)

    def live(seed: int) -> int:
        dice = random.Random(seed)
        orders = [uuid.uuid4() for _ in range(3)]
        for _ in range(25):
            order = dice.choice(orders)
            wanted = {
                counter.combo: dice.randrange(2),
                counter.soda: dice.randrange(3),
                counter.popcorn: dice.randrange(3),
            }
            try:
                with db.transaction():
                    step = dice.randrange(5)
                    if step < 2:
                        service.hold(order, SITE, wanted, soon(dice.choice((-0.01, 0.001, 10))))
                    elif step == 2:
                        service.extend(order, soon(dice.choice((0.001, 10))))
                    elif step == 3:
                        service.sell(order, soon())
                    else:
                        service.release(order)
            except Conflict:
                continue
            assert live_claims(counter.popcorn) <= 30
            assert live_claims(counter.soda) <= 40
        return seed

    results = rush([lambda seed=seed: live(seed) for seed in range(24)])  # type: ignore[misc]
    assert not of_kind(results, Exception)
