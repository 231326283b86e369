"""My tickets: those to come on their paper with the way to them, the next one first; what was, apart."""

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
    """The codes of the orders that wait, are to come, and were earlier, each in the order of the page."""
    page = visitor.get("/account/orders").text
    parts = {name: re.search(rf'aria-labelledby="{name}">(.*?)</section>', page, re.S) for name in SECTIONS}
    first, second, third = (
        list(dict.fromkeys(re.findall(r"[A-Z]{3}-\d{4}", part[1]))) if part else [] for part in parts.values()
    )
    return first, second, third


SECTIONS = ("waiting", "to-come", "earlier")


def ends(screening: Screening) -> None:
    with db.transaction() as session:
        ago = {"id": screening.id, "ago": timedelta(days=3)}
        session.execute(
            text(
                "update events.screenings set starts_at = starts_at - :ago, ends_at = ends_at - :ago where id = :id"
            ),
            ago,
        )
    cache.clear_all()


def test_the_next_screening_comes_first_and_what_was_is_apart(signed_in: Visitor) -> None:
    later, soon, was = (make_screening("oooo", starts_in=timedelta(hours=hours)) for hours in (30, 3, 2))
    far, next_one, gone = bought(later), bought(soon), bought(was)
    ends(was)
    assert page_of(signed_in) == ([], [next_one.code, far.code], [gone.code])


def test_a_cancelled_order_is_no_longer_to_come(signed_in: Visitor) -> None:
    order = bought(make_screening("oooo"))
    with db.transaction():
        orders.cancel(order.token)
    assert page_of(signed_in) == ([], [], [order.code])
    page = signed_in.get("/account/orders").text
    assert "No screenings ahead of you." in page
    assert "Open the tickets" not in page


def test_who_comes_late_still_finds_the_tickets(signed_in: Visitor) -> None:
    """The film runs: its tickets are to come until it is over."""
    screening = make_screening("oooo")
    order = bought(screening)
    with db.transaction() as session:
        session.execute(
            text("update events.screenings set starts_at = clock_timestamp() - interval '20 minutes'")
        )
    cache.clear_all()
    assert page_of(signed_in) == ([], [order.code], [])


def test_what_is_not_paid_yet_waits_above_and_has_the_filled_action(signed_in: Visitor) -> None:
    screening = make_screening("oooo")
    order = bought(screening)
    path = signed_in.start(screening, "A3")
    waiting, to_come, earlier = page_of(signed_in)
    assert ([f"/orders/{purchases.order(path.rsplit('/', 1)[-1]).token}"], to_come, earlier) == (
        [path], [order.code], [],
    )  # fmt: skip
    assert waiting
    assert 'class="button outline"' in signed_in.get("/account/orders").text


def test_nothing_yet(signed_in: Visitor) -> None:
    assert "No tickets here yet." in signed_in.get("/account/orders").text
