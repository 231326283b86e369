"""The menu as it stands: products and what combos are made of, kept for a moment; no stock in here."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select

from app.core import db
from app.core.errors import Invalid
from app.products.models import ComboItemRow, ProductRow

_SECONDS = 5.0
MOST_OF_ONE = 20  # of one product in one order: a party, not a reseller


@dataclass(frozen=True, slots=True)
class Product:
    """`items` is what it takes from the stock: itself once, or a combo's parts with their quantities."""

    id: int
    slug: str
    name: str
    name_en: str
    description: str
    description_en: str
    kind: str
    price: int
    picture: str
    position: int
    items: Mapping[int, int]


_kept: tuple[Engine, float, dict[int, Product]] | None = None


def products() -> dict[int, Product]:
    """All active products by id, combos first, at most 5 s old."""
    global _kept
    if _kept is None or _kept[0] is not db.engine() or _kept[1] < time.monotonic():
        _kept = (db.engine(), time.monotonic() + _SECONDS, _load())
    return _kept[2]


def is_combo(product_id: int) -> bool:
    """Of any age: what a product is does not change, and what was taken off the menu is asked for once more."""
    if _kept is not None and _kept[0] is db.engine() and product_id in _kept[2]:
        return _kept[2][product_id].kind == "combo"
    found = products().get(product_id)
    return found is not None and found.kind == "combo"


def reset() -> None:
    global _kept
    _kept = None


def _load() -> dict[int, Product]:
    parts: dict[int, dict[int, int]] = {}
    for item in db.session().scalars(select(ComboItemRow)):
        parts.setdefault(item.combo_id, {})[item.product_id] = item.quantity
    rows = db.session().scalars(
        select(ProductRow)
        .where(ProductRow.active)
        .order_by(ProductRow.kind != "combo", ProductRow.position, ProductRow.id)
        .execution_options(populate_existing=True)
    )
    return {row.id: _product(row, parts.get(row.id, {row.id: 1})) for row in rows}


def _product(row: ProductRow, items: Mapping[int, int]) -> Product:
    return Product(
        id=row.id,
        slug=row.slug,
        name=row.name,
        name_en=row.name_en,
        description=row.description,
        description_en=row.description_en,
        kind=row.kind,
        price=row.price,
        picture=row.picture,
        position=row.position,
        items=items,
    )


def checked(wanted: Mapping[int, int]) -> list[tuple[Product, int]]:
    """`wanted` by product, nothings left out. Raises Invalid for unknown products and impossible quantities."""
    menu = products()
    chosen: list[tuple[Product, int]] = []
    for product_id, quantity in wanted.items():
        if product_id not in menu:
            raise Invalid("products.unknown", str(product_id))
        if type(quantity) is not int or not 0 <= quantity <= MOST_OF_ONE:
            raise Invalid("products.quantity", str(product_id), most=MOST_OF_ONE)
        if quantity:
            chosen.append((menu[product_id], quantity))
    return chosen


def taken_from_stock(chosen: Iterable[tuple[Product, int]]) -> dict[int, int]:
    """What `chosen` takes of each stocked product, combos taken apart, in the order of product ids."""
    needs: Counter[int] = Counter()
    for product, quantity in chosen:
        for part, each in product.items.items():
            needs[part] += each * quantity
    return dict(sorted(needs.items()))
