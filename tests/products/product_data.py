"""Test data: popcorn, soda, and a combo of one popcorn and two sodas, with stock at site 1."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from app.core import cache, db
from app.products import service
from app.products.models import ComboItemRow, ProductRow, StockRow

SITE = 1


@dataclass(frozen=True)
class ProductIds:
    popcorn: int
    soda: int
    combo: int


def make_products(*, popcorn: int = 10, soda: int = 10) -> ProductIds:
    with db.transaction() as session:
        rows = [
            ProductRow(
                slug="popcorn", name="Pipoca", name_en="Popcorn", kind="popcorn", price=2500, position=2
            ),
            ProductRow(slug="soda", name="Refri", name_en="", kind="drink", price=1400, position=1),
            ProductRow(slug="combo", name="Dupla", name_en="Double", kind="combo", price=4400, position=9),
        ]
        session.add_all(rows)
        session.flush()
        products = ProductIds(*(row.id for row in rows))
        session.add_all(
            [
                ComboItemRow(combo_id=products.combo, product_id=products.popcorn, quantity=1),
                ComboItemRow(combo_id=products.combo, product_id=products.soda, quantity=2),
                StockRow(product_id=products.popcorn, cinema_id=SITE, on_hand=popcorn),
                StockRow(product_id=products.soda, cinema_id=SITE, on_hand=soda),
            ]
        )
    cache.clear_all()
    return products


def in_minutes(minutes: float = 10) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def hold(wanted: dict[int, int], *, order: uuid.UUID | None = None, minutes: float = 10) -> uuid.UUID:
    """Hold products for a new order (or `order`); return its id."""
    order = order or uuid.uuid4()
    with db.transaction():
        service.hold(order, SITE, wanted, in_minutes(minutes))
    return order


def available() -> dict[str, int]:
    with db.reading():
        return {item.slug: item.available for item in service.menu(SITE, "pt_BR")}


def live_claims(product_id: int) -> int:
    """Return the claimed quantity of a product, sold or held."""
    with db.reading() as session:
        return int(
            session.execute(
                text(
                    "select coalesce(sum(quantity), 0) from products.stock_claims where product_id = :id"
                    " and (expires_at is null or expires_at > clock_timestamp())"
                ),
                {"id": product_id},
            ).scalar_one()
        )


def sold_stock() -> dict[int, int]:
    """Return `stock.sold` of each product that has sales."""
    with db.reading() as session:
        rows = session.execute(text("select product_id, sold from products.stock where sold <> 0"))
        return {row.product_id: row.sold for row in rows}


def sum_of_sold_claims() -> dict[int, int]:
    """Return the sum of the sold claims by product, which `sold_stock` must equal."""
    with db.reading() as session:
        rows = session.execute(
            text(
                "select product_id, sum(quantity) as sold from products.stock_claims"
                " where expires_at is null group by product_id"
            )
        )
        return {row.product_id: int(row.sold) for row in rows}


def age_claims(hours: float) -> None:
    """Move the times of every claim into the past: expiry, sale and end of the screening."""
    with db.transaction() as session:
        session.execute(
            text(
                "update products.stock_claims set expires_at = expires_at - make_interval(hours => :hours),"
                " open_until = open_until - make_interval(hours => :hours),"
                " changed_at = changed_at - make_interval(hours => :hours)"
            ),
            {"hours": hours},
        )
