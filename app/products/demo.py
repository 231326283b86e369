"""The concessions of the demo: popcorn, chocolate, soda and combos, with stock for each site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import db
from app.products import catalogue
from app.products.models import ComboItemRow, ProductRow, StockRow


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product of the demo. `stock` has one quantity a site; a combo has `items` instead, quantity by slug."""

    slug: str
    kind: str
    name: str
    name_en: str
    description: str
    description_en: str
    price: int
    stock: tuple[int, ...] = ()
    items: dict[str, int] = field(default_factory=dict)


PRODUCTS = (
    DemoProduct(
        "combo-sessao-dupla",
        "combo",
        "Sessão dupla",
        "Double bill",
        "Pipoca grande e 2 refris de 500 ml.",
        "Large popcorn and two 500 ml sodas.",
        4400,
        items={"pipoca-grande": 1, "refri-500": 2},
    ),
    DemoProduct(
        "combo-matine",
        "combo",
        "Matinê",
        "Matinée",
        "Pipoca média e refri de 300 ml.",
        "Medium popcorn and a 300 ml soda.",
        2900,
        items={"pipoca-media": 1, "refri-300": 1},
    ),
    DemoProduct(
        "combo-familia",
        "combo",
        "Família",
        "Family",
        "2 pipocas médias, 1 doce e 2 sucos de uva.",
        "Two medium popcorns, a sweet one and two grape juices.",
        7200,
        items={"pipoca-media": 2, "pipoca-doce": 1, "suco-de-uva": 2},
    ),
    DemoProduct(
        "pipoca-pequena",
        "popcorn",
        "Pipoca pequena",
        "Small popcorn",
        "Salgada, estourada na hora.",
        "Salted, popped while you wait.",
        1500,
        (400, 300),
    ),
    DemoProduct(
        "pipoca-media",
        "popcorn",
        "Pipoca média",
        "Medium popcorn",
        "Salgada, com ou sem manteiga.",
        "Salted, with or without butter.",
        2100,
        (400, 300),
    ),
    DemoProduct(
        "pipoca-grande",
        "popcorn",
        "Pipoca grande",
        "Large popcorn",
        "Salgada; dá para dois e ainda sobra.",
        "Salted; enough for two, and then some.",
        2500,
        (400, 300),
    ),
    DemoProduct(
        "pipoca-doce",
        "popcorn",
        "Pipoca doce",
        "Sweet popcorn",
        "Caramelada, rosa como a da pracinha.",
        "Caramel, pink as in the town square.",
        2200,
        (150, 120),
    ),
    DemoProduct(
        "chocolate-ao-leite",
        "chocolate",
        "Chocolate ao leite",
        "Milk chocolate",
        "Barra de 80 g, do sul da Bahia.",
        "An 80 g bar from the south of Bahia.",
        1600,
        (120, 80),
    ),
    DemoProduct(
        "chocolate-amargo",
        "chocolate",
        "Chocolate amargo",
        "Dark chocolate",
        "Barra de 80 g, 70% cacau.",
        "An 80 g bar, 70% cocoa.",
        1700,
        (9, 0),
    ),
    DemoProduct(
        "refri-300",
        "drink",
        "Refri 300 ml",
        "Soda 300 ml",
        "Guaraná, cola ou laranja, no copo.",
        "Guaraná, cola or orange, in a cup.",
        1100,
        (500, 400),
    ),
    DemoProduct(
        "refri-500",
        "drink",
        "Refri 500 ml",
        "Soda 500 ml",
        "Guaraná, cola ou laranja, no copo.",
        "Guaraná, cola or orange, in a cup.",
        1400,
        (500, 400),
    ),
    DemoProduct(
        "suco-de-uva",
        "drink",
        "Suco de uva",
        "Grape juice",
        "Integral, da Serra Gaúcha, 300 ml.",
        "Whole juice from the Serra Gaúcha, 300 ml.",
        1200,
        (150, 100),
    ),
    DemoProduct(
        "agua",
        "drink",
        "Água",
        "Water",
        "Garrafa de 500 ml, com ou sem gás.",
        "A 500 ml bottle, still or sparkling.",
        700,
        (300, 200),
    ),
)


def load_demo(cinema_ids: Sequence[int]) -> int:
    """Insert the demo's menu and each site's stock, in the caller's transaction; existing rows stay.

    Returns how many products were added.
    """
    session = db.session()
    known = {row.slug: row.id for row in session.execute(select(ProductRow.slug, ProductRow.id))}
    before = len(known)
    for position, product in enumerate(PRODUCTS):
        if product.slug not in known:
            known[product.slug] = _write_product(product, position)
    for product in PRODUCTS:
        _write_stock_and_items(product, known, cinema_ids)
    db.after_commit(catalogue.clear_cache)
    return len(known) - before


def _write_product(product: DemoProduct, position: int) -> int:
    values = {
        "slug": product.slug,
        "name": product.name,
        "name_en": product.name_en,
        "description": product.description,
        "description_en": product.description_en,
        "kind": product.kind,
        "price": product.price,
        "picture": product.slug,
        "position": position,
    }
    return db.session().execute(insert(ProductRow).values(values).returning(ProductRow.id)).scalar_one()


def _write_stock_and_items(product: DemoProduct, known: dict[str, int], cinema_ids: Sequence[int]) -> None:
    stock = [
        {"product_id": known[product.slug], "cinema_id": cinema_id, "on_hand": on_hand}
        for cinema_id, on_hand in zip(cinema_ids, product.stock, strict=False)
    ]
    items = [
        {"combo_id": known[product.slug], "product_id": known[slug], "quantity": quantity}
        for slug, quantity in product.items.items()
    ]
    if stock:
        db.session().execute(insert(StockRow).values(stock).on_conflict_do_nothing())
    if items:
        db.session().execute(insert(ComboItemRow).values(items).on_conflict_do_nothing())
