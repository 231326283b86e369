"""The menu as it stands: products and what combos are made of, cached for five seconds; no stock in here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.core import db
from app.core.cache import Cache
from app.core.errors import Invalid
from app.products.models import ComboItemRow, ProductRow

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


# A product that was taken off the menu, or got another price, may be sold as it was for five seconds; its stock is
# always asked of the database.
_MENUS: Cache[str, dict[int, Product]] = Cache("menu", most=1, seconds=5.0)


def products() -> dict[int, Product]:
    """All active products by id, combos first, at most 5 s old."""
    return _MENUS.get("active", _load)


def is_combo(product_id: int) -> bool:
    """Whether it is a combo; False for a product that is no longer on the menu. The kind of a product never changes."""
    menu = _MENUS.peek("active")
    if menu is None or product_id not in menu:
        menu = products()
    return product_id in menu and menu[product_id].kind == "combo"


def reset() -> None:
    """Read the menu again at its next use."""
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
