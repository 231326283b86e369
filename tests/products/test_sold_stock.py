"""Sold stock: `stock.sold` is the sum of the sold claims, and the deletion of old claims keeps the stock."""

from __future__ import annotations

import json
import uuid
from typing import Any

from sqlalchemy import TextClause, text

from app.core import db
from app.products import handlers, service, stock_statements
from tests.products.product_data import (
    SITE,
    ProductIds,
    age_claims,
    available,
    hold,
    in_minutes,
    make_products,
    sold_stock,
    sum_of_sold_claims,
)

SOLD = 90_000
FEW = 1_000  # a scan may meet index entries of rows that other tests have deleted
EXPIRED = 20_000
DAYS = 24  # hours


def sell_a_year(products: ProductIds) -> None:
    """Many sold claims for screenings to come, and many holds that expired, as sales of a large site leave them."""
    with db.transaction() as session:
        session.execute(
            text(
                "insert into products.stock_claims (order_id, product_id, cinema_id, quantity, expires_at, open_until)"
                " select gen_random_uuid(), :product, :site, 1,"
                "   case when n > :sold then clock_timestamp() - make_interval(secs => n) end,"
                "   case when n <= :sold then clock_timestamp() + interval '1 day' end"
                " from generate_series(1, :sold + :expired) n"
            ),
            {"product": products.popcorn, "site": SITE, "sold": SOLD, "expired": EXPIRED},
        )
        session.execute(
            text(
                "update products.stock set on_hand = on_hand + :sold, sold = :sold where product_id = :product"
            ),
            {"sold": SOLD, "product": products.popcorn},
        )
    with db.autocommit_connection() as connection:  # as autovacuum does after such a load
        connection.execute(text("vacuum analyze products.stock_claims"))


def rows_read(statement: TextClause, values: dict[str, Any]) -> float:
    """Return the rows that the scans of the plan returned or filtered out, over all loops."""
    with db.transaction() as session:
        explained = text(f"explain (analyze, format json) {statement.text}")
        found = session.execute(explained, values).scalar_one()
        plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        session.rollback()
    print(json.dumps(plan, indent=1))  # shown when a test fails
    return read_by(plan)


def read_by(node: dict[str, Any]) -> float:
    """Return the rows that the scans of a plan node and its children read."""
    parts = sum(read_by(part) for part in node.get("Plans", ()))
    if "Scan" not in node["Node Type"] or node["Node Type"] in ("CTE Scan", "Function Scan"):
        return parts
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return parts + (node["Actual Rows"] + removed) * node["Actual Loops"]


def test_a_hold_and_the_menu_read_the_live_holds_alone(database: str) -> None:
    """90,000 sold claims and 20,000 expired holds of a product: a hold of another one reads neither."""
    products = make_products(popcorn=10)
    sell_a_year(products)
    for _ in range(5):
        hold({products.popcorn: 1})
    holding = {
        "order_id": uuid.uuid4(),
        "cinema_id": SITE,
        "ids": [products.popcorn],
        "quantities": [1],
        "expires_at": in_minutes(),
    }
    keeping = {"order_id": hold({products.popcorn: 1}), "expires_at": None, "open_until": in_minutes()}
    assert rows_read(text(stock_statements.HOLD), holding) < FEW
    assert rows_read(text(stock_statements.SET_EXPIRY), keeping) < FEW
    assert rows_read(stock_statements.AVAILABLE, {"cinema_id": SITE}) < FEW
    assert available()["popcorn"] == 4


def test_control_a_sum_over_all_claims_would_be_seen(database: str) -> None:
    products = make_products()
    sell_a_year(products)
    everything = text("select sum(quantity) from products.stock_claims where product_id = :product")
    assert rows_read(everything, {"product": products.popcorn}) >= SOLD


def test_old_claims_are_deleted_without_reading_the_others(database: str) -> None:
    products = make_products()
    sell_a_year(products)
    values = {"cinema_id": SITE, "days": 30, "most": 1000}
    assert rows_read(text(stock_statements.DELETE_OLD_CLAIMS), values) < FEW


def test_a_sale_is_counted_once_and_a_cancellation_subtracts_it(database: str) -> None:
    products = make_products()
    order = hold({products.combo: 2, products.popcorn: 1})
    assert sold_stock() == {}
    for _ in range(2):
        with db.transaction():
            assert service.sell(order, in_minutes())
    assert sold_stock() == sum_of_sold_claims() == {products.popcorn: 3, products.soda: 4}
    with db.transaction():
        assert service.extend(order, in_minutes())
    assert sold_stock() == sum_of_sold_claims() == {products.popcorn: 3, products.soda: 4}
    with db.transaction():
        assert service.release(order)
        assert not service.release(order)
    assert sold_stock() == {}
    assert available() == {"combo": 5, "popcorn": 10, "soda": 10}


def test_releasing_a_hold_does_not_change_sold_stock(database: str) -> None:
    products = make_products()
    sold = hold({products.popcorn: 4})
    with db.transaction():
        service.sell(sold, in_minutes())
        assert service.release(hold({products.popcorn: 3}))
    assert sold_stock() == {products.popcorn: 4}
    assert available()["popcorn"] == 6


def test_deleting_old_claims_keeps_the_available_stock(database: str) -> None:
    products = make_products(popcorn=5)
    sold = hold({products.popcorn: 2})
    with db.transaction():
        service.sell(sold, in_minutes())
    hold({products.popcorn: 1})
    age_claims(31 * DAYS)
    fresh = hold({products.popcorn: 1})
    before = available()
    with db.transaction():
        assert service.delete_old_claims(SITE) == 2
        assert service.delete_old_claims(SITE) == 0
    assert sold_stock() == {}
    assert available() == before == {"combo": 2, "popcorn": 2, "soda": 10}
    with db.transaction():
        assert service.release(fresh)
    assert available()["popcorn"] == 3


def test_claims_are_kept_until_the_screening_has_ended(database: str) -> None:
    """A sale of more than a month ago can still be cancelled, and then the stock is available again."""
    products = make_products(popcorn=5)
    order = hold({products.popcorn: 2})
    with db.transaction():
        service.sell(order, in_minutes(60 * 24 * 40))
    age_claims(35 * DAYS)
    with db.transaction():
        assert service.delete_old_claims(SITE) == 0
        assert service.release(order)
    assert available()["popcorn"] == 5


def test_the_tick_deletes_old_claims_of_every_site_in_batches(database: str) -> None:
    products = make_products(popcorn=3000)
    with db.transaction() as session:
        session.execute(
            text(
                "insert into products.stock_claims (order_id, product_id, cinema_id, quantity, expires_at)"
                " select gen_random_uuid(), :product, :site, 1, clock_timestamp() - interval '31 days'"
                " from generate_series(1, 2500)"
            ),
            {"product": products.popcorn, "site": SITE},
        )
    hold({products.popcorn: 1})
    handlers.delete_old_claims()
    with db.reading() as session:
        assert session.execute(text("select count(*) from products.stock_claims")).scalar_one() == 1
    assert available()["popcorn"] == 2999
