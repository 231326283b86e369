"""The concessions of the demo: on sale at both sites, with pictures, and loaded once."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from app.core import db
from app.products import demo
from app.products.demo import PRODUCTS

PICTURES = Path(__file__).resolve().parents[2] / "static" / "img" / "products"


def load(cinemas: list[int]) -> int:
    with db.transaction():
        return demo.load_demo(cinemas)


def test_every_product_has_a_picture_and_two_languages() -> None:
    assert {product.kind for product in PRODUCTS} == {"combo", "popcorn", "chocolate", "drink"}
    assert [product.slug for product in PRODUCTS if not (PICTURES / f"{product.slug}.svg").is_file()] == []
    assert all(product.name and product.name_en for product in PRODUCTS)
    assert all(product.price > 0 for product in PRODUCTS)


def test_a_combo_is_cheaper_than_its_parts() -> None:
    price = {product.slug: product.price for product in PRODUCTS}
    combos = [product for product in PRODUCTS if product.items]
    assert len(combos) == 3
    for combo in combos:
        assert combo.price < sum(price[slug] * quantity for slug, quantity in combo.items.items())


def test_loading_twice_adds_nothing_and_leaves_the_stock(demo: str) -> None:
    with db.reading() as session:
        sites = list(session.execute(text("select id from events.cinemas order by id")).scalars())
        assert len(sites) == 2
    with db.transaction() as session:
        session.execute(text("update products.stock set on_hand = 3"))
    assert load(sites) == 0
    with db.reading() as session:
        counts = session.execute(text("select cinema_id, count(*) from products.stock group by 1 order by 1"))
        assert [tuple(row) for row in counts] == [(site, 10) for site in sites]
        assert session.execute(text("select max(on_hand) from products.stock")).scalar_one() == 3
