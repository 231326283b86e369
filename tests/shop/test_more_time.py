"""The extension without scripts, within a step: nothing is submitted, and all entered values are kept."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from app.events.service import Screening
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.shop.test_language_in_a_step import input_with
from tests.shop.visitor import FULL, HALF, Visitor, order_at, types_form

MORE = {"more_time": "1"}


def button_of(page: TestResponse) -> str:
    """The button of the warning that asks for more time."""
    found = re.search(r"<button[^>]*>5 more minutes</button>", page.text)
    assert found, "the page has no such button"
    return found[0]


def assert_extended(path: str, answer: TestResponse, before: timedelta) -> None:
    assert answer.status_code == 200
    assert "+5 minutes" in answer.text
    assert "error-summary" not in answer.text
    order = order_at(path)
    assert (order.state, order.extensions_left) == ("draft", 1)
    assert order.deadline - order.created_at - before == timedelta(minutes=5)


def total_time(path: str) -> timedelta:
    order = order_at(path)
    return order.deadline - order.created_at


@pytest.mark.parametrize(
    ("step", "form"),
    [
        ("types", "types-form"),
        ("concessions", "concessions-form"),
        ("checkout", "checkout-form"),
        ("seats", "seats"),
    ],
)
def test_the_button_sends_the_form_of_each_step(
    ana: Visitor, screening: Screening, step: str, form: str
) -> None:
    path = ana.start(screening, "A4 A5")
    ana.choose_full(path)
    page = ana.get(f"{path}/{step}")
    button = button_of(page)
    assert f'form="{form}" name="more_time"' in button
    own = page.text.index(f'form="{form}"')
    assert page.text.index(button) > own, (
        "Enter in a field activates the first button of the form, which is that of the step"
    )


def test_the_chosen_types_are_kept(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    before = total_time(path)
    first, second = (seat.seat_id for seat in order_at(path).seats)
    answer = ana.post(f"{path}/types", types_form(path, FULL, HALF) | MORE)
    assert_extended(path, answer, before)
    assert " checked" in input_with(answer, f'name="type-{second}"', 'value="half"')
    assert " checked" in input_with(answer, f'name="type-{first}"', 'value="full"')
    assert [seat.ticket_type for seat in order_at(path).seats] == ["full", "full"]


def test_the_chosen_concessions_are_kept(ana: Visitor, screening: Screening) -> None:
    popcorn = add_product(screening, name="Popcorn")
    path = ana.start(screening, "A4 A5")
    ana.choose_full(path)
    before = total_time(path)
    answer = ana.post(f"{path}/concessions", {f"quantity-{popcorn}": "3"} | MORE)
    assert_extended(path, answer, before)
    assert 'value="3"' in input_with(answer, f'name="quantity-{popcorn}"')
    assert order_at(path).items == ()


def test_the_typed_checkout_is_kept(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    before = total_time(path)
    answer = ana.check_out(path, name="Ana <b>", email="ana@", cpf="529.982", method="card", **MORE)
    assert_extended(path, answer, before)
    assert 'value="Ana &lt;b&gt;"' in input_with(answer, 'name="name"')
    assert 'value="ana@"' in input_with(answer, 'name="email"')
    assert 'value="529.982"' in input_with(answer, 'name="cpf"')
    assert " checked" in input_with(answer, 'name="method"', 'value="card"')


def test_the_ticked_seats_are_kept(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    before = total_time(path)
    wanted = [str(seat) for seat in seat_ids(seat_plan_of(screening), "A7 A8")]
    answer = ana.post(f"{path}/seats", {"seat": wanted, **MORE})
    assert_extended(path, answer, before)
    assert "2 seats: A7, A8" in answer.text
    assert [seat.name for seat in order_at(path).seats] == ["A4", "A5"]


def test_without_another_extension_the_page_says_so_and_keeps_the_values(
    ana: Visitor, screening: Screening
) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    for _often in range(2):
        ana.check_out(path, name="Ana", **MORE)
    answer = ana.check_out(path, name="Ana Lima", **MORE)
    assert answer.status_code == 200
    assert "You can&#39;t extend any further." in answer.text
    assert 'value="Ana Lima"' in input_with(answer, 'name="name"')
    assert "5 more minutes" not in answer.text


def test_the_order_of_another_visitor_cannot_be_extended(
    app: object, ana: Visitor, screening: Screening
) -> None:
    path = ana.start(screening, "A4")
    before = total_time(path)
    for step in ("types", "concessions", "checkout", "seats"):
        assert Visitor(ana.client.application).post(f"{path}/{step}", MORE).status_code == 404
    assert total_time(path) == before
