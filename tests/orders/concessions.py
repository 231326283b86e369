"""Concessions for the tests of orders: one product with its stock."""

from __future__ import annotations

from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening


def add_product(screening: Screening, *, on_hand: int = 10, price: int = 2100, name: str = "Pipoca") -> int:
    """Add a product with stock at the screening's site; returns its id. The price is in centavos."""
    with db.transaction() as session:
        product_id = session.execute(
            text(
                "insert into products.products (slug, name, name_en, kind, price) values (:name, :name, :name,"
                " 'popcorn', :price) returning id"
            ),
            {"name": name, "price": price},
        ).scalar_one()
        session.execute(
            text(
                "insert into products.stock (product_id, cinema_id, on_hand) values (:product, :cinema, :on_hand)"
            ),
            {"product": product_id, "cinema": screening.cinema.id, "on_hand": on_hand},
        )
    cache.clear_all()
    return int(product_id)


def add_combo(screening: Screening, *, name: str = "Sessão dupla", price: int = 4400) -> int:
    """Add a combo of one new product with stock; returns its id. The price is in centavos."""
    product_id = add_product(screening, name=f"{name}, pipoca")
    with db.transaction() as session:
        combo_id = session.execute(
            text(
                "insert into products.products (slug, name, name_en, kind, price)"
                " values (:name, :name, :name, 'combo', :price) returning id"
            ),
            {"name": name, "price": price},
        ).scalar_one()
        session.execute(
            text(
                "insert into products.combo_items (combo_id, product_id, quantity) values (:combo, :product, 1)"
            ),
            {"combo": combo_id, "product": product_id},
        )
    cache.clear_all()
    return int(combo_id)
