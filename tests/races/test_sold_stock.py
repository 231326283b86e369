"""Race: sales, cancellations and the deletion of old claims at once keep the stock correct."""

from __future__ import annotations

import random
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from app.core import cache, db
from app.products import service, stock_statements
from app.products.models import ProductRow, StockRow
from tests.products.product_data import SITE, hold, in_minutes, make_products, sold_stock, sum_of_sold_claims
from tests.races.concurrency import (
    TIMEOUT_SECONDS,
    commit_while_the_other_waits,
    deadlocks,
    of_kind,
    run_at_once,
    unexpected,
)

THREADS = 24
DELIVERED = 40


@dataclass
class Sales:
    """The sales of one thread, in units; `least` is the smallest available stock that it read."""

    sold: int = 0
    given_back: int = 0
    least: int = DELIVERED


def trade(product: int, seed: int) -> Sales:
    """Sell, cancel and delete old claims, for screenings that are over: a claim may be deleted right after its sale."""
    dice, sales = random.Random(seed), Sales()
    orders: dict[uuid.UUID, int] = {}
    for _ in range(20):
        step, quantity, order = dice.randrange(4), dice.randrange(1, 4), uuid.uuid4()
        try:
            if step < 2:
                with db.transaction():
                    service.hold(order, SITE, {product: quantity}, in_minutes())
                with db.transaction():
                    assert service.sell(order, in_minutes(-1))
                orders[order] = quantity
                sales.sold += quantity
            elif step == 2 and orders:
                order, quantity = orders.popitem()
                with db.transaction():
                    sales.given_back += (
                        quantity if service.release(order) else 0
                    )  # 0 when the claims have been deleted
            else:
                with db.transaction():
                    service.delete_old_claims(SITE, days=0, most=dice.randrange(1, 5))
        except service.OutOfStock:
            continue
        sales.least = min(sales.least, left_now(product))
    return sales


def left_now(product: int) -> int:
    with db.reading() as session:
        rows = session.execute(stock_statements.AVAILABLE, {"cinema_id": SITE}).all()
    return next(int(row.available) for row in rows if row.product_id == product)


def on_hand(product: int) -> int:
    with db.reading() as session:
        found = text("select on_hand from products.stock where product_id = :id")
        return int(session.execute(found, {"id": product}).scalar_one())


@pytest.mark.usefixtures("large_pool")
def test_parallel_sales_cancellations_and_deletions_keep_the_stock() -> None:
    product = make_products(popcorn=DELIVERED).popcorn
    results = run_at_once([lambda seed=seed: trade(product, seed) for seed in range(THREADS)])  # type: ignore[misc]
    assert not of_kind(results, Exception)
    sold, given_back = (sum(getattr(one, name) for one in results) for name in ("sold", "given_back"))
    assert sold_stock() == sum_of_sold_claims()
    assert on_hand(product) - sold_stock().get(product, 0) == DELIVERED - sold + given_back
    assert min(one.least for one in results) >= 0


def sold_order(product: int) -> uuid.UUID:
    order = hold({product: 1})
    with db.transaction():
        assert service.sell(order, in_minutes(-1))
    return order


@pytest.mark.usefixtures("large_pool")
def test_one_of_two_cancellations_gives_the_stock_back() -> None:
    product = make_products(popcorn=DELIVERED).popcorn
    sold_order(product)
    order = sold_order(product)
    commit_while_the_other_waits(lambda: service.release(order), lambda: service.release(order))
    assert sold_stock() == sum_of_sold_claims() == {product: 1}


# Changes the figure by the result of a read before the delete, without the lock.
READ_THEN_WRITE = """
    with mine as (
        select * from products.stock_claims where order_id = :order_id
    ), deleted as (
        delete from products.stock_claims where order_id = :order_id returning 1
    ), given_back as (
        update products.stock s set sold = s.sold - m.quantity from mine m
        where m.expires_at is null and s.product_id = m.product_id and s.cinema_id = m.cinema_id
    )
    select count(*) as released from deleted
"""


@pytest.mark.usefixtures("large_pool")
def test_control_without_the_lock_the_figure_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_statements, "LOCKED_RELEASE", text(READ_THEN_WRITE))
    product = make_products(popcorn=DELIVERED).popcorn
    sold_order(product)
    order = sold_order(product)
    commit_while_the_other_waits(lambda: service.release(order), lambda: service.release(order))
    assert sum_of_sold_claims() == {product: 1}
    assert sold_stock() == {}


def many_products(count: int) -> list[int]:
    with db.transaction() as session:
        rows = [ProductRow(slug=f"p{n}", name=f"P{n}", kind="drink", price=100) for n in range(count)]
        session.add_all(rows)
        session.flush()
        session.add_all(StockRow(product_id=row.id, cinema_id=SITE, on_hand=1000) for row in rows)
        ids = [row.id for row in rows]
    cache.clear_all()
    return ids


def cancel_many_at_once() -> list[object]:
    """Cancel orders of many products at once; their claims are stored in different orders."""
    products = many_products(12)
    orders = [uuid.uuid4() for _ in range(THREADS * 3)]
    with db.transaction() as session:
        for seed, order in enumerate(orders):
            random.Random(seed).shuffle(products)
            for product in products:
                values = {"order_id": order, "product": product, "site": SITE}
                session.execute(
                    text(
                        "insert into products.stock_claims (order_id, product_id, cinema_id, quantity)"
                        " values (:order_id, :product, :site, 1)"
                    ),
                    values,
                )
        session.execute(text("update products.stock set sold = :sold"), {"sold": len(orders)})

    def cancel_some(number: int) -> None:
        for order in orders[number::THREADS]:
            with db.transaction():
                service.release(order)

    results = run_at_once([lambda number=number: cancel_some(number) for number in range(THREADS)])  # type: ignore[misc]
    assert not unexpected(results)
    return results


@pytest.mark.usefixtures("large_pool")
def test_parallel_cancellations_do_not_deadlock() -> None:
    assert deadlocks(cancel_many_at_once()) == 0
    assert sold_stock() == sum_of_sold_claims() == {}


UPDATE_ONE = text(
    "update products.stock set sold = sold - 1 where product_id = :product and cinema_id = :site"
)


@pytest.mark.usefixtures("large_pool")
@pytest.mark.parametrize(
    ("lock", "patience", "expected"),
    [(stock_statements.LOCK_OF_SOLD, 0.5, 0), ("select 1", TIMEOUT_SECONDS, 1)],
)
def test_the_lock_before_a_cancellation_prevents_a_deadlock(
    lock: str, patience: float, expected: int
) -> None:
    """Two orders of two products are updated in opposite orders; the control omits the lock."""
    products = many_products(2)
    orders = [hold(dict.fromkeys(products, 1)) for _ in range(2)]
    for order in orders:
        with db.transaction():
            assert service.sell(order, in_minutes())

    both_have_one = threading.Barrier(2)

    def cancel(order: uuid.UUID, way: list[int]) -> None:
        with db.transaction() as session:
            session.execute(text(lock), {"order_id": order})
            session.execute(UPDATE_ONE, {"product": way[0], "site": SITE})
            with suppress(
                threading.BrokenBarrierError
            ):  # with the lock, the other thread does not reach the barrier
                both_have_one.wait(patience)
            session.execute(UPDATE_ONE, {"product": way[1], "site": SITE})

    results = run_at_once([lambda: cancel(orders[0], products), lambda: cancel(orders[1], products[::-1])])
    assert not unexpected(results)
    assert deadlocks(results) == expected
