"""Race: many customers hold the last unit of a product at once, and one gets it."""

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
from tests.products.product_data import SITE, available, hold, in_minutes, live_claims, make_products
from tests.races.concurrency import of_kind, run_at_once

THREADS = 40


@pytest.fixture(autouse=True)
def large_pool(database: str, settings: Settings) -> Iterator[None]:
    """A pool with a connection for each thread; the database detects deadlocks after 50 ms."""
    impatient = {"options": "-c deadlock_timeout=50ms"}
    db.connect(database, pool_size=THREADS + 10, connect_args=impatient)
    yield
    db.connect(database, pool_size=settings.database.pool_size)


def take_the_last(product: int) -> int:
    """Hold the last unit in each thread, with slow commits; returns how many succeeded."""

    def want() -> bool:
        try:
            with db.transaction() as session:
                service.hold(uuid.uuid4(), SITE, {product: 1}, in_minutes())
                session.execute(text("select pg_sleep(0.3)"))
        except service.OutOfStock:
            return False
        return True

    results = run_at_once([want] * THREADS)
    assert not of_kind(results, Exception)
    return sum(results)


def test_one_customer_gets_the_last_unit(database: str) -> None:
    products = make_products(popcorn=1)
    assert take_the_last(products.popcorn) == 1
    assert live_claims(products.popcorn) == 1


def test_control_without_the_lock_the_last_unit_is_sold_many_times(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_statements, "LOCKED_HOLD", text(stock_statements.HOLD))
    products = make_products(popcorn=1)
    assert take_the_last(products.popcorn) > 1
    assert live_claims(products.popcorn) > 1


def test_combos_and_single_products_share_the_last_units(database: str) -> None:
    products = make_products(popcorn=7, soda=9)
    choices = [
        {products.combo: 1},
        {products.popcorn: 1},
        {products.soda: 2},
        {products.soda: 1, products.popcorn: 2},
    ]

    def want(number: int) -> bool:
        try:
            hold(choices[number % len(choices)])
        except service.OutOfStock:
            return False
        return True

    results = run_at_once([lambda number=number: want(number) for number in range(THREADS)])  # type: ignore[misc]
    assert not of_kind(results, Exception)
    assert live_claims(products.popcorn) <= 7
    assert live_claims(products.soda) <= 9
    assert available()["combo"] == 0


def test_all_writes_at_once_neither_oversell_nor_deadlock(database: str) -> None:
    products = make_products(popcorn=30, soda=40)

    def live(seed: int) -> int:
        dice = random.Random(seed)
        orders = [uuid.uuid4() for _ in range(3)]
        for _ in range(25):
            order = dice.choice(orders)
            wanted = {
                products.combo: dice.randrange(2),
                products.soda: dice.randrange(3),
                products.popcorn: dice.randrange(3),
            }
            try:
                with db.transaction():
                    step = dice.randrange(5)
                    if step < 2:
                        service.hold(order, SITE, wanted, in_minutes(dice.choice((-0.01, 0.001, 10))))
                    elif step == 2:
                        service.extend(order, in_minutes(dice.choice((0.001, 10))))
                    elif step == 3:
                        service.sell(order, in_minutes())
                    else:
                        service.release(order)
            except Conflict:
                continue
            assert live_claims(products.popcorn) <= 30
            assert live_claims(products.soda) <= 40
        return seed

    results = run_at_once([lambda seed=seed: live(seed) for seed in range(24)])  # type: ignore[misc]
    assert not of_kind(results, Exception)
