"""product-service: the menu, the stock that orders hold and buy, and what the counter hands out.

The available stock of a product is `on_hand`, less what is sold, less the holds that have not expired. A hold is a
claim with an expiry. A sale adds its quantity to `stock.sold` and a cancellation subtracts it, so that no reader sums
past sales: a hold and the menu read the live holds only.

Every writer except the release of a hold first locks the stock rows of its products, in the order of their ids.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.core import db, metrics, telemetry
from app.core.errors import Conflict
from app.products import catalogue, stock_statements
from app.products.catalogue import Product, checked_quantities, stock_needs
from app.products.pickup_queue import (
    NotQueued,
    PickupCall,
    QueueEntry,
    ask_for_pickup,
    call_pickup,
    called_pickups,
    join_queue,
    not_queued,
    pickup_call,
    pickup_queue,
    stop_calling_pickup,
)
from app.products.pickups import (
    MAX_COUNTER_LENGTH,
    Handout,
    HandoutLine,
    ItemKey,
    NotLeft,
    NotUndoable,
    PickupItem,
    SoldLine,
    cancel_sale,
    hand_out,
    handouts,
    left_to_collect,
    pickup_items,
    record_pickup_items,
    undo_handout,
)
from app.products.retention import export as export_pickup

MOST_OF_ONE = catalogue.MOST_OF_ONE


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A product with its available stock. `price` and `separate_price` in centavos.

    `separate_price` is the sum of a combo's items bought one by one; for other products it is the price.
    """

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
    """A product with its quantity in an order; `unit_price` in centavos."""

    product_id: int
    name: str
    name_en: str
    quantity: int
    unit_price: int


class OutOfStock(Conflict):
    """The stock is too low. `available`: how many of each such product are available, by id."""

    def __init__(self, available: Mapping[int, int]) -> None:
        super().__init__("products.out_of_stock", available=dict(available))
        self.available = dict(available)


def menu(cinema_id: int, locale: str) -> list[MenuItem]:
    """Return the products that the site sells, combos first, with their available stock."""
    known = catalogue.products()
    rows = db.session().execute(stock_statements.AVAILABLE, {"cinema_id": cinema_id})
    available = {row.product_id: row.available for row in rows}
    return [_menu_item(product, known, available, locale) for product in known.values()]


def is_combo(product_id: int) -> bool:
    """Return whether a product is a combo; False if it is no longer on the menu."""
    return catalogue.is_combo(product_id)


def _menu_item(
    product: Product, known: Mapping[int, Product], available: Mapping[int, int], locale: str
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
        available=max(
            0, min((available.get(part, 0) // each for part, each in product.items.items()), default=0)
        ),
    )


def hold(order_id: uuid.UUID, cinema_id: int, wanted: Mapping[int, int], expires_at: datetime) -> list[Line]:
    """Hold `wanted` (quantity by product id) until `expires_at`, replacing the holds of the order.

    It holds all or nothing. Raises OutOfStock; Invalid `products.unknown` and `products.quantity`, with the product's
    id as the field; Conflict `products.sold` if the order's concessions are paid.
    """
    chosen = checked_quantities(wanted)
    needs = stock_needs(chosen)
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
    lacking = {row.product_id: max(0, row.available) for row in rows if row.available < row.quantity}
    if lacking:
        telemetry.record(metrics.GUARDS, labels={"guard": "stock"})
        raise OutOfStock(_available_of(chosen, lacking))
    return [Line(p.id, p.name, p.name_en or p.name, quantity, p.price) for p, quantity in chosen]


def _available_of(chosen: list[tuple[Product, int]], lacking: Mapping[int, int]) -> dict[int, int]:
    """Return how many of each chosen product are available, for those that need a lacking product.

    `lacking` is the available stock by product id.
    """
    return {
        product.id: min(lacking[part] // each for part, each in product.items.items() if part in lacking)
        for product, _ in chosen
        if any(part in lacking for part in product.items)
    }


def extend(order_id: uuid.UUID, expires_at: datetime) -> bool:
    """Extend the holds of an order to `expires_at`. For the result see `_set_expiry`."""
    return _set_expiry(order_id, expires_at, None)


def sell(order_id: uuid.UUID, open_until: datetime) -> bool:
    """Sell the holds of an order. For the result see `_set_expiry`.

    Until `open_until`, the end of the screening, the order may be cancelled: its claims are not deleted before.
    """
    return _set_expiry(order_id, None, open_until)


def _set_expiry(order_id: uuid.UUID, expires_at: datetime | None, open_until: datetime | None) -> bool:
    """Set the expiry of all claims of an order (None: sold). An expired claim is taken again if the stock allows it.

    Returns False if it does not; then nothing has changed. Returns True for an order without claims.
    """
    values = {"order_id": order_id, "expires_at": expires_at, "open_until": open_until}
    row = db.session().execute(stock_statements.LOCKED_SET_EXPIRY, values).one()
    return bool(row.lacking == 0)


def release(order_id: uuid.UUID) -> bool:
    """Release the claims of an order, held or sold; return whether there were any.

    Holds are released without a lock, since that only frees stock; for sold claims the stock rows are locked. A paid
    order ends by `cancel_sale` instead, which keeps the claims of what was handed out.
    """
    row = db.session().execute(stock_statements.LOCKED_RELEASE, {"order_id": order_id}).one()
    return bool(row.released)


def delete_old_claims(cinema_id: int, *, days: int = 30, most: int = 1000) -> int:
    """Delete up to `most` claims of a site that can no longer change; return how many.

    These are claims sold for a screening that ended `days` ago (subtracted from `on_hand` and `sold`), and holds that
    expired `days` ago. The available stock stays the same.
    """
    values = {"cinema_id": cinema_id, "days": days, "most": most}
    return int(db.session().execute(stock_statements.LOCKED_DELETE_OLD_CLAIMS, values).one().deleted)


def cinemas_with_stock() -> list[int]:
    """Return the ids of the sites that have stock rows."""
    return list(db.session().execute(stock_statements.CINEMAS).scalars())


__all__ = [
    "MAX_COUNTER_LENGTH",
    "MOST_OF_ONE",
    "Handout",
    "HandoutLine",
    "ItemKey",
    "Line",
    "MenuItem",
    "NotLeft",
    "NotQueued",
    "NotUndoable",
    "OutOfStock",
    "PickupCall",
    "PickupItem",
    "QueueEntry",
    "SoldLine",
    "ask_for_pickup",
    "call_pickup",
    "called_pickups",
    "cancel_sale",
    "cinemas_with_stock",
    "delete_old_claims",
    "export_pickup",
    "extend",
    "hand_out",
    "handouts",
    "hold",
    "is_combo",
    "join_queue",
    "left_to_collect",
    "menu",
    "not_queued",
    "pickup_call",
    "pickup_items",
    "pickup_queue",
    "record_pickup_items",
    "release",
    "sell",
    "stop_calling_pickup",
    "undo_handout",
]
