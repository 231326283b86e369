"""Idempotency of forms: a form sent twice by a double click, or after the back button with other values."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.core import db
from app.events.service import Screening
from app.reservations import service as reservations
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import TOKEN, Visitor, order_at

ONCE = re.compile(r'name="once" value="([^"]+)"')


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooo")


@pytest.mark.parametrize("wish", ["seats", "best"])
def test_the_first_form_of_a_new_visitor_sent_twice_creates_one_order(
    app: Flask, screening: Screening, wish: str
) -> None:
    """Both requests are sent before an answer comes, so both have the cookies of the page."""
    first, second = Visitor(app), Visitor(app)
    page = first.get(f"/screenings/{screening.id}").get_data(as_text=True)
    cookie = first.client.get_cookie("session")
    assert cookie is not None
    second.client.set_cookie("session", cookie.value)
    found, once = TOKEN.search(page), ONCE.search(page)
    assert found
    assert once
    form: dict[str, object] = {"csrf_token": found[1], "once": once[1]}
    form |= (
        {"seat": [str(seat) for seat in seat_ids(seat_plan_of(screening), "A1 A2")]}
        if wish == "seats"
        else {"quantity": "2"}
    )
    address = f"/screenings/{screening.id}/orders"
    answers = [one.client.post(address, data=form, headers=one.headers) for one in (first, second)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert second.get(answers[0].location).status_code == 200


def test_two_new_visitors_get_two_orders(app: Flask, screening: Screening) -> None:
    """This also holds for the same once-token, for example of a saved page."""
    paths = {Visitor(app).start(screening, seat, once="the same") for seat in ("A1", "A3")}
    assert len(paths) == 2


def names(path: str) -> str:
    return " ".join(seat.name for seat in order_at(path).seats)


def held(screening: Screening) -> int:
    with db.reading():
        return len(reservations.seat_states(screening.id))


def test_other_seats_after_the_back_button_change_the_basket(app: Flask, screening: Screening) -> None:
    """The page from the history changes the basket that it started: the deadline stays, no more seats are held."""
    ana = Visitor(app)
    path = ana.start(screening, "A1 A2", once="one-page")
    deadline = order_at(path).deadline
    for wish in ("A2 A3", "A5", "A1 A2 A3"):
        assert ana.start(screening, wish, once="one-page") == path
        assert (names(path), held(screening)) == (wish, len(wish.split()))
    assert order_at(path).deadline == deadline
    ana.choose_full(path)
    assert ana.start(screening, "A1 A2 A3", once="one-page") == path
    assert order_at(path).types_chosen, "the same seats change nothing"


def test_a_question_or_error_after_the_back_button_is_about_the_same_basket(
    app: Flask, screening: Screening
) -> None:
    """The question is about the existing basket, and its answer starts no second one."""
    ana = Visitor(app)
    path = ana.start(screening, "A1 A2", once="one-page")
    form = {"seat": [str(seat) for seat in seat_ids(seat_plan_of(screening), "A6 A7")], "once": "one-page"}
    answer = ana.post(f"/screenings/{screening.id}/orders", form)
    assert answer.status_code == 422
    assert f'action="{path}/seats"' in answer.text
    purchases.start(screening, seat_ids(seat_plan_of(screening), "A8"), "eva")
    answer = ana.post_seats(screening, seat_ids(seat_plan_of(screening), "A8"), "one-page")
    assert answer.status_code == 409
    assert f'action="{path}/seats"' in answer.text
    assert names(path) == "A1 A2"


def test_another_quantity_after_the_back_button_replaces_the_basket(app: Flask, screening: Screening) -> None:
    ana = Visitor(app)
    address = f"/screenings/{screening.id}/orders"
    first, second, again = (
        ana.post(address, {"quantity": quantity, "once": "one-page"}).location for quantity in "233"
    )
    assert (first != second, second == again) == (True, True)
    assert order_at(first.removesuffix("/types")).state == "cancelled"
    assert held(screening) == 3


def test_the_form_after_giving_up_starts_a_new_order(app: Flask, screening: Screening) -> None:
    ana = Visitor(app)
    first = ana.start(screening, "A1", once="one-page")
    ana.post(f"{first}/end")
    second = ana.start(screening, "A1", once="one-page")
    assert second != first
    assert "Who is going?" in ana.get(f"{second}/types").text
