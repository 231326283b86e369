"""The page of concessions: quantities, the button "Add", and products that are not to be had."""

from __future__ import annotations

import pytest

from app.events.service import Screening
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.shop.visitor import FULL, Visitor, order_at, types_form


@pytest.mark.parametrize("typed", ["-1", "1.5", "1e9", "1000000000", "two", "٣", "21", "<b>", " "])
def test_invalid_quantities_are_refused(ana: Visitor, screening: Screening, typed: str) -> None:
    popcorn, cola = add_product(screening, name="Popcorn"), add_product(screening, name="Cola")
    path = ana.start(screening, "A4")
    ana.post(f"{path}/types", types_form(path, FULL))
    answer = ana.post(f"{path}/concessions", {f"quantity-{popcorn}": typed, f"quantity-{cola}": "2"})
    if not typed.strip():
        assert answer.status_code == 303, "an empty field means zero"
        return
    assert answer.status_code == 422
    assert "A whole number from 0 to 20" in answer.text
    assert f'id="quantity-{popcorn}-error"' in answer.text
    assert f'name="quantity-{cola}" value="2"' in answer.text
    assert order_at(path).items == ()


def test_an_unknown_product_is_refused(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    ana.post(f"{path}/types", types_form(path, FULL))
    for product in ("987654", "0x1", "abc", "-3", "9" * 40):
        answer = ana.post(f"{path}/concessions", {f"quantity-{product}": "1"})
        assert answer.status_code == 422
        assert "no longer on the menu" in answer.text


def test_a_product_that_sold_out_is_refused(ana: Visitor, screening: Screening) -> None:
    popcorn = add_product(screening, on_hand=2, name="Popcorn")
    path = ana.start(screening, "A4")
    ana.post(f"{path}/types", types_form(path, FULL))
    purchases.choose(
        purchases.start(screening, seat_ids(seat_plan_of(screening), "A1"), "eva"), items={popcorn: 1}
    )
    answer = ana.post(f"{path}/concessions", {f"quantity-{popcorn}": "2"})
    assert (answer.status_code, "Only 1 is left" in answer.text) == (409, True)
    assert f'name="quantity-{popcorn}" value="2"' in answer.text


def test_the_total_is_updated_without_a_script(ana: Visitor, screening: Screening) -> None:
    popcorn = add_product(screening, name="Popcorn")
    path = ana.start(screening, "A4")
    ana.post(f"{path}/types", types_form(path, FULL))
    answer = ana.post(f"{path}/concessions", {f"quantity-{popcorn}": "1", "go": "stay"})
    assert answer.location == f"{path}/concessions"
    page = ana.get(f"{path}/concessions").text
    assert "R$\xa059.00" in page
    assert "Go and pay" in page


def test_add_adds_one_without_a_script(ana: Visitor, screening: Screening) -> None:
    """The button "Add" sends the form: its product gets one more, other values and the place on the page are kept."""
    popcorn, cola = add_product(screening, name="Popcorn"), add_product(screening, name="Cola")
    path = ana.start(screening, "A4")
    ana.post(f"{path}/types", types_form(path, FULL))
    for more in (1, 2):
        answer = ana.post(f"{path}/concessions", {f"quantity-{popcorn}": str(more - 1), "add": str(popcorn)})
        assert answer.location == f"{path}/concessions#quantity-{popcorn}"
    ana.post(f"{path}/concessions", {f"quantity-{popcorn}": "2", "add": str(cola)})
    assert {item.product_id: item.quantity for item in order_at(path).items} == {popcorn: 2, cola: 1}


@pytest.mark.parametrize("product", ["987654", "abc", "-3", "9" * 40, "", "//evil.example"])
def test_adding_an_unknown_product_is_refused(ana: Visitor, screening: Screening, product: str) -> None:
    path = ana.start(screening, "A4")
    ana.post(f"{path}/types", types_form(path, FULL))
    answer = ana.post(f"{path}/concessions", {"add": product})
    assert (answer.status_code, "no longer on the menu" in answer.text) == (422, True)


def test_adding_to_an_invalid_quantity_is_refused(ana: Visitor, screening: Screening) -> None:
    popcorn = add_product(screening, name="Popcorn")
    path = ana.start(screening, "A4")
    ana.post(f"{path}/types", types_form(path, FULL))
    answer = ana.post(f"{path}/concessions", {f"quantity-{popcorn}": "two", "add": str(popcorn)})
    assert answer.status_code == 422
    assert f'name="quantity-{popcorn}" value="two"' in answer.text
