"""The menu: products and the items of combos, cached for two seconds. Stock is not cached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.core import db
from app.core.cache import Cache
from app.core.errors import Invalid
from app.products.models import ComboItemRow, ProductRow

MENU_SECONDS = 2.0
MOST_OF_ONE = 20  # of one product in one order, so that nobody buys the whole stock


@dataclass(frozen=True, slots=True)
class Product:
    """A product on the menu; `price` in centavos.

    `items` is the quantity that it takes by stocked product: itself once, or the items of a combo.
    """

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


# A product that left the menu, or has a new price, may be sold as before for two seconds. Its stock is always read
# from the database.
_MENUS: Cache[str, dict[int, Product]] = Cache("menu", most=1, seconds=MENU_SECONDS)


def products() -> dict[int, Product]:
    """Return all active products by id, combos first, at most 2 s old."""
    return _MENUS.get("active", _load)


def is_combo(product_id: int) -> bool:
    """Return whether a product is a combo; False if it is no longer on the menu. A kind never changes."""
    menu = _MENUS.peek("active")
    if menu is None or product_id not in menu:
        menu = products()
    return product_id in menu and menu[product_id].kind == "combo"


def clear_cache() -> None:
    """Let the next use read the menu again."""
    _MENUS.clear()


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


def checked_quantities(wanted: Mapping[int, int]) -> list[tuple[Product, int]]:
    """Return products with their quantities, without those of 0. Raises Invalid for unknown products and quantities.

    `wanted` is quantity by product id.
    """
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


def stock_needs(chosen: Iterable[tuple[Product, int]]) -> dict[int, int]:
    """Return the quantity that `chosen` takes of each stocked product, in the order of product ids."""
    needs: Counter[int] = Counter()
    for product, quantity in chosen:
        for part, each in product.items.items():
            needs[part] += each * quantity
    return dict(sorted(needs.items()))
