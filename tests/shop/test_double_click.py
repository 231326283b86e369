"""The same form sent twice by somebody who was never here before: one order, whichever answer got lost."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.events.service import Screening
from tests.reservations.rooms import ids, make_screening, plan_of
from tests.shop.visitor import TOKEN, Visitor

ONCE = re.compile(r'name="once" value="([^"]+)"')


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooo")


@pytest.mark.parametrize("wish", ["seats", "best"])
def test_a_newcomers_first_form_twice(app: Flask, screening: Screening, wish: str) -> None:
    """Both are sent before an answer came: with the cookies of the page that held the form."""
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
        {"seat": [str(seat) for seat in ids(plan_of(screening), "A1 A2")]}
        if wish == "seats"
        else {"quantity": "2"}
    )
    address = f"/screenings/{screening.id}/orders"
    answers = [one.client.post(address, data=form, headers=one.headers) for one in (first, second)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert second.get(answers[0].location).status_code == 200


def test_two_newcomers_are_two_visitors(app: Flask, screening: Screening) -> None:
    """Even with the same once-token, which a page that was handed on could give them."""
    paths = {Visitor(app).start(screening, seat, once="the same") for seat in ("A1", "A3")}
    assert len(paths) == 2
