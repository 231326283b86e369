"""Hand-outs: each item once, some now and the rest later, undone for a short time; a cancelled sale keeps them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import pytest
from sqlalchemy import text

from app.core import db
from app.core.errors import Invalid
from app.products import service
from app.products.service import ItemKey, NotLeft, NotUndoable, SoldLine
from tests.actors import door_actor
from tests.products.product_data import (
    SITE,
    ProductIds,
    available,
    hold,
    in_minutes,
    make_products,
    sold_stock,
    sum_of_sold_claims,
)

pytestmark = pytest.mark.usefixtures("database")


def sell(wanted: Mapping[int, int], total: int = 4400) -> uuid.UUID:
    """Sell products to a new order, each line for `total` centavos; return its id."""
    order = hold(dict(wanted))
    with db.transaction():
        assert service.sell(order, in_minutes(120))
        service.record_pickup_items(
            SoldLine(order, SITE, product, quantity, total) for product, quantity in wanted.items()
        )
    return order


def hand_out(order: uuid.UUID, wanted: Mapping[ItemKey, int], act: uuid.UUID | None = None) -> uuid.UUID:
    act = act or uuid.uuid4()
    with db.transaction():
        service.hand_out(order, wanted, door_actor(), cinema_id=SITE, counter="Balcão 1", act_id=act)
    return act


def undo(act: uuid.UUID, *, site: int = SITE) -> None:
    with db.transaction():
        service.undo_handout(act, door_actor(8), cinema_id=site)


def cancel(order: uuid.UUID) -> int:
    with db.transaction():
        return service.cancel_sale(order)


def handed_out(order: uuid.UUID) -> dict[str, tuple[int, int]]:
    """Handed out and sold, by item."""
    with db.reading():
        return {
            one.name_en or one.name: (one.handed_out, one.quantity) for one in service.pickup_items(order)
        }


def test_a_combo_is_handed_out_as_its_items() -> None:
    products = make_products()
    order = sell({products.combo: 1})
    hand_out(order, {(products.combo, products.popcorn): 1})
    hand_out(order, {(products.combo, products.soda): 1})
    assert handed_out(order) == {"Refri": (1, 2), "Popcorn": (1, 1)}
    with db.reading():
        acts = service.handouts(order)
    assert [[(line.name, line.quantity) for line in act.lines] for act in acts] == [
        [("Refri", 1)],
        [("Pipoca", 1)],
    ]
    assert {(act.by_user_id, act.counter, act.is_undoable) for act in acts} == {(7, "Balcão 1", True)}


def test_the_values_of_a_line_add_up_to_its_price() -> None:
    products = make_products()
    order = sell({products.combo: 2, products.popcorn: 1}, total=9999)
    with db.reading():
        items = service.pickup_items(order)
    assert sum(item.value for item in items if item.product_id == products.combo) == 9999
    assert sum(item.value for item in items if item.product_id == products.popcorn) == 9999


def test_no_more_than_was_sold() -> None:
    products = make_products()
    order = sell({products.popcorn: 2})
    item = (products.popcorn, products.popcorn)
    hand_out(order, {item: 1})
    with pytest.raises(NotLeft):
        hand_out(order, {item: 2})
    assert handed_out(order) == {"Popcorn": (1, 2)}
    with db.reading():
        assert len(service.handouts(order)) == 1


def test_all_or_nothing() -> None:
    products = make_products()
    order = sell({products.combo: 1})
    with pytest.raises(NotLeft):
        hand_out(order, {(products.combo, products.popcorn): 1, (products.combo, products.soda): 3})
    assert handed_out(order) == {"Refri": (0, 2), "Popcorn": (0, 1)}


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_is_no_hand_out(quantity: int) -> None:
    products = make_products()
    order = sell({products.popcorn: 1})
    with pytest.raises(Invalid):
        hand_out(order, {(products.popcorn, products.popcorn): quantity})


def test_a_form_sent_twice_hands_out_once() -> None:
    products = make_products()
    order, item = sell({products.popcorn: 2}), (products.popcorn, products.popcorn)
    act = hand_out(order, {item: 1})
    hand_out(order, {item: 1}, act)
    assert handed_out(order) == {"Popcorn": (1, 2)}


def test_undone_once_and_recorded() -> None:
    products = make_products()
    order = sell({products.combo: 1})
    act = hand_out(order, {(products.combo, products.soda): 2})
    with pytest.raises(NotUndoable):
        undo(act, site=SITE + 1)
    undo(act)
    with pytest.raises(NotUndoable):
        undo(act)
    assert handed_out(order) == {"Refri": (0, 2), "Popcorn": (0, 1)}
    with db.reading():
        (recorded,) = service.handouts(order)
    assert recorded.undone_by == 8
    assert not recorded.is_undoable


def test_not_undone_later() -> None:
    products = make_products()
    order = sell({products.popcorn: 1})
    act = hand_out(order, {(products.popcorn, products.popcorn): 1})
    with db.transaction() as session:
        session.execute(text("update products.handouts set at = at - interval '6 minutes'"))
    with pytest.raises(NotUndoable):
        undo(act)


def test_a_cancelled_sale_keeps_what_was_handed_out() -> None:
    products = make_products(popcorn=10, soda=10)
    order = sell({products.combo: 2}, total=8800)
    act = hand_out(order, {(products.combo, products.popcorn): 1, (products.combo, products.soda): 1})
    kept = cancel(order)
    # Popcorn is 25/53 of a combo and a soda 14/53; what goes back is rounded down.
    assert kept == 2075 + 1163
    assert available() == {"combo": 4, "soda": 9, "popcorn": 9}
    assert sold_stock() == sum_of_sold_claims() == {products.popcorn: 1, products.soda: 1}
    with pytest.raises(NotLeft):
        hand_out(order, {(products.combo, products.popcorn): 1})
    with pytest.raises(NotUndoable):
        undo(act)
    assert cancel(order) == 0
    assert sold_stock() == sum_of_sold_claims() == {products.popcorn: 1, products.soda: 1}


def test_a_cancelled_sale_without_hand_outs_gives_all_back() -> None:
    products: ProductIds = make_products(popcorn=10, soda=10)
    assert cancel(sell({products.combo: 1, products.popcorn: 3})) == 0
    assert available() == {"combo": 5, "soda": 10, "popcorn": 10}
    assert sold_stock() == {}


def test_a_combo_keeps_the_items_of_its_sale() -> None:
    products = make_products()
    order = sell({products.combo: 1})
    with db.transaction() as session:
        session.execute(
            text("delete from products.combo_items where product_id = :id"), {"id": products.soda}
        )
        session.execute(text("insert into products.combo_items values (:id, :id, 1)"), {"id": products.combo})
        service.record_pickup_items([SoldLine(order, SITE, products.combo, 1, 4400)])
    assert handed_out(order) == {"Refri": (0, 2), "Popcorn": (0, 1)}
