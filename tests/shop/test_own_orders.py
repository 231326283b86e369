"""The page "My tickets": orders to come with their details, the next one first, and earlier orders separately."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor
from tests.users.account_data import PASSWORD, make_account


@pytest.fixture
def signed_in(app: Flask) -> Visitor:
    make_account("ana@example.org")
    visitor = Visitor(app)
    visitor.client.set_cookie("language", "en")
    visitor.post("/account/sign-in", {"email": "ana@example.org", "password": PASSWORD})
    return visitor


def bought(screening: Screening, names: str = "A1 A2") -> OrderView:
    return purchases.buy(screening, seat_ids(seat_plan_of(screening), names))


def page_of(visitor: Visitor) -> tuple[list[str], list[str], list[str]]:
    """The codes of the orders in each section, in the order of the page."""
    page = visitor.get("/account/orders").text
    parts = {name: re.search(rf'aria-labelledby="{name}">(.*?)</section>', page, re.S) for name in SECTIONS}
    first, second, third = (
        list(dict.fromkeys(re.findall(r"[A-Z]{3}-\d{4}", part[1]))) if part else [] for part in parts.values()
    )
    return first, second, third


SECTIONS = ("waiting", "to-come", "earlier")


def move_end(screening: Screening) -> None:
    with db.transaction() as session:
        ago = {"id": screening.id, "ago": timedelta(days=3)}
        session.execute(
            text(
                "update events.screenings set starts_at = starts_at - :ago, ends_at = ends_at - :ago where id = :id"
            ),
            ago,
        )
    cache.clear_all()


def test_the_next_screening_comes_first_and_earlier_ones_are_separate(signed_in: Visitor) -> None:
    later, soon, was = (make_screening("oooo", starts_in=timedelta(hours=hours)) for hours in (30, 3, 2))
    far, next_one, gone = bought(later), bought(soon), bought(was)
    move_end(was)
    assert page_of(signed_in) == ([], [next_one.code, far.code], [gone.code])


def test_a_cancelled_order_is_listed_as_earlier(signed_in: Visitor) -> None:
    order = bought(make_screening("oooo"))
    with db.transaction():
        orders.cancel(order.token)
    assert page_of(signed_in) == ([], [], [order.code])
    page = signed_in.get("/account/orders").text
    assert "No screenings ahead of you." in page
    assert "Open the tickets" not in page


def test_a_running_screening_is_listed_as_to_come(signed_in: Visitor) -> None:
    """Tickets are listed as to come until the screening is over."""
    screening = make_screening("oooo")
    order = bought(screening)
    with db.transaction() as session:
        session.execute(
            text("update events.screenings set starts_at = clock_timestamp() - interval '20 minutes'")
        )
    cache.clear_all()
    assert page_of(signed_in) == ([], [order.code], [])


def test_an_unpaid_order_is_listed_first_with_the_primary_button(signed_in: Visitor) -> None:
    screening = make_screening("oooo")
    order = bought(screening)
    path = signed_in.start(screening, "A3")
    waiting, to_come, earlier = page_of(signed_in)
    assert ([f"/orders/{purchases.order(path.rsplit('/', 1)[-1]).token}"], to_come, earlier) == (
        [path], [order.code], [],
    )  # fmt: skip
    assert waiting
    assert 'class="button outline"' in signed_in.get("/account/orders").text


def test_an_account_without_orders(signed_in: Visitor) -> None:
    assert "No tickets here yet." in signed_in.get("/account/orders").text
