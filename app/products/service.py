"""product-service: the menu of the counter, and stock held with an order.

What is left of a product is what the site was delivered, less what is sold, less the holds that have not expired. A
hold is a claim with an expiry. A sale moves its quantity into the running figure `stock.sold`, and a cancellation
moves it back, so that no reader sums past sales: a hold and the menu read the live holds alone.

Every writer except the release of a hold first locks the products' stock rows, in the order of their ids.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.core import db
from app.core.errors import Conflict
from app.products import catalogue, stock_statements
from app.products.catalogue import Product, checked, taken_from_stock

MOST_OF_ONE = catalogue.MOST_OF_ONE


@dataclass(frozen=True, slots=True)
class MenuItem:
    """`price` and `separate_price` (what a combo's parts cost alone, else `price`) in centavos."""

    id: int
    slug: str
    name: str
    description: str
    kind: str
    price: int
    separate_price: int
    picture: str
    available: int


@dataclass(frozen=True, slots=True)
class Line:
    """What an order holds of the menu; `unit_price` in centavos."""

    product_id: int
    name: str
    name_en: str
    quantity: int
    unit_price: int


class OutOfStock(Conflict):
    """Not enough left. `available`: of each product that fell short, how many could be had."""

    def __init__(self, available: Mapping[int, int]) -> None:
        super().__init__("products.out_of_stock", available=dict(available))
        self.available = dict(available)


def menu(cinema_id: int, locale: str) -> list[MenuItem]:
    """What the site's counter sells, combos first, with how many of each are left."""
    known = catalogue.products()
    rows = db.session().execute(stock_statements.LEFT, {"cinema_id": cinema_id})
    left = {row.product_id: row.available for row in rows}
    return [_menu_item(product, known, left, locale) for product in known.values()]


def is_combo(product_id: int) -> bool:
    """Whether it is a combo, for the words that count it; a product that is no longer on the menu is none."""
    return catalogue.is_combo(product_id)


def _menu_item(
    product: Product, known: Mapping[int, Product], left: Mapping[int, int], locale: str
) -> MenuItem:
    english = locale.startswith("en")
    return MenuItem(
        id=product.id,
        slug=product.slug,
        name=(english and product.name_en) or product.name,
        description=(english and product.description_en) or product.description,
        kind=product.kind,
        price=product.price,
        separate_price=sum(known[part].price * each for part, each in product.items.items() if part in known),
        picture=product.picture,
        available=max(0, min((left.get(part, 0) // each for part, each in product.items.items()), default=0)),
    )


def hold(order_id: uuid.UUID, cinema_id: int, wanted: Mapping[int, int], expires_at: datetime) -> list[Line]:
    """Hold `wanted` (quantity by product id) until `expires_at`, in place of what the order held before.

    All or nothing. Raises OutOfStock; Invalid `products.unknown` and `products.quantity`, the field being the
    product's id; Conflict `products.sold` when the order's snacks are paid already.
    """
    chosen = checked(wanted)
    needs = taken_from_stock(chosen)
    ids, quantities = list(needs), list(needs.values())
    rows = (
        db.session()
        .execute(
            stock_statements.LOCKED_HOLD,
            {
                "order_id": order_id,
                "cinema_id": cinema_id,
                "ids": ids,
                "quantities": quantities,
                "expires_at": expires_at,
            },
        )
        .all()
    )
    if any(row.sold for row in rows):
        raise Conflict("products.sold")
    short = {row.product_id: max(0, row.available) for row in rows if row.available < row.quantity}
    if short:
        raise OutOfStock(_falling_short(chosen, short))
    return [Line(p.id, p.name, p.name_en or p.name, quantity, p.price) for p, quantity in chosen]


def _falling_short(chosen: list[tuple[Product, int]], short: Mapping[int, int]) -> dict[int, int]:
    """The chosen products that take a part which is short, with how many of each that part allows."""
    return {
        product.id: min(short[part] // each for part, each in product.items.items() if part in short)
        for product, _ in chosen
        if any(part in short for part in product.items)
    }


def extend(order_id: uuid.UUID, expires_at: datetime) -> bool:
    """Hold what the order holds until `expires_at`. See `_keep` for what False means."""
    return _keep(order_id, expires_at, None)


def sell(order_id: uuid.UUID, open_until: datetime) -> bool:
    """What the order holds is paid for and stays taken. False: something had expired and is gone, nothing changed.

    Until `open_until`, the end of its screening, it may still be given back: its books are not closed before.
    """
    return _keep(order_id, None, open_until)


def _keep(order_id: uuid.UUID, expires_at: datetime | None, open_until: datetime | None) -> bool:
    """Move all of the order's claims to `expires_at` (None: sold). A claim that had expired is taken again where
    stock allows; where it does not, nothing changes and the answer is False. An order without claims: True.
    """
    values = {"order_id": order_id, "expires_at": expires_at, "open_until": open_until}
    row = db.session().execute(stock_statements.LOCKED_KEEP, values).one()
    return bool(row.short == 0)


def release(order_id: uuid.UUID) -> bool:
    """Give back what the order holds or has bought; True when there was something.

    A hold is released without a lock, since that only frees stock; for what was sold the stock rows are locked.
    """
    row = db.session().execute(stock_statements.LOCKED_RELEASE, {"order_id": order_id}).one()
    return bool(row.released)


def close_books(cinema_id: int, *, days: int = 30, most: int = 1000) -> int:
    """Delete up to `most` claims of the site that can no longer matter; returns how many.

    These are claims sold for a screening that ended `days` ago (they are taken off `on_hand`), and holds that
    expired as long ago. Nothing changes in what is left of any product.
    """
    values = {"cinema_id": cinema_id, "days": days, "most": most}
    return int(db.session().execute(stock_statements.LOCKED_CLOSE_BOOKS, values).one().closed)


def cinemas_with_stock() -> list[int]:
    """The ids of the sites that have stock rows."""
    return list(db.session().execute(stock_statements.CINEMAS).scalars())
