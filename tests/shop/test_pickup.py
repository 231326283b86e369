"""The order's page: what was collected, the customer's wish to collect now, and what a cancellation refunds."""

from __future__ import annotations

import html
import re
import uuid
from datetime import timedelta

import pytest
from flask import Flask

from app.core import db
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from app.products import service as products
from tests.actors import door_actor
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooooo", starts_in=timedelta(minutes=50))


@pytest.fixture
def ana(app: Flask) -> Visitor:
    return Visitor(app, "en")


def buy(screening: Screening, quantity: int = 2) -> OrderView:
    popcorn = add_product(screening)
    return purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1"), items={popcorn: quantity})


def hand_out(paid: OrderView, quantity: int) -> None:
    product = paid.items[0].product_id
    with db.transaction():
        orders.hand_out(
            paid.id,
            {(product, product): quantity},
            door_actor(),
            cinema_id=paid.screening.cinema.id,
            counter="1",
            act_id=uuid.uuid4(),
        )


def page(ana: Visitor, paid: OrderView, part: str = "") -> str:
    return html.unescape(ana.get(f"/orders/{paid.token}{part}").text)


def promised(ana: Visitor, paid: OrderView) -> str:
    found = re.search(r'name="refund" value="(\d+)"', page(ana, paid, "/cancellation"))
    assert found
    return found[1]


def test_the_page_tells_what_was_collected(ana: Visitor, screening: Screening) -> None:
    paid = buy(screening)
    assert "collected" not in page(ana, paid)
    hand_out(paid, 1)
    assert "(collected so far: Pipoca: 1 of 2)" in page(ana, paid)
    hand_out(paid, 1)
    assert "(collected)" in page(ana, paid)


def test_a_customer_who_is_there_gets_a_number(ana: Visitor, screening: Screening) -> None:
    paid = buy(screening)
    assert "I am here: prepare my snacks" in page(ana, paid)
    assert ana.post(f"/orders/{paid.token}/pickup", {}).status_code == 303
    assert re.search(r"<b>C1</b>\s+The counter prepares your snacks", page(ana, paid))
    with db.transaction():
        products.call_pickup(paid.id, cinema_id=screening.cinema.id)
    assert "Your snacks are ready: come to the counter." in page(ana, paid)
    hand_out(paid, 2)
    assert "<b>C1</b>" not in page(ana, paid)


def test_the_polled_part_stops_polling_when_nothing_is_left(ana: Visitor, screening: Screening) -> None:
    paid = buy(screening)
    address = f"/orders/{paid.token}/pickup"

    def part() -> str:
        return ana.client.get(address, headers=ana.headers | {"HX-Request": "true"}).text

    assert f'hx-get="{address}"' in page(ana, paid)
    assert f'hx-get="{address}"' in part()
    hand_out(paid, 2)
    assert "hx-get" not in part()
    assert ana.get(address).location == f"/orders/{paid.token}"


def test_days_before_nobody_asks(ana: Visitor, app: Flask) -> None:
    paid = buy(make_screening("oooooooooo", starts_in=timedelta(hours=3)))
    assert "I am here" not in page(ana, paid)
    ana.post(f"/orders/{paid.token}/pickup", {})
    with db.reading():
        assert products.pickup_call(paid.id) is None


def test_a_cancellation_shows_what_goes_back_and_why(ana: Visitor, screening: Screening) -> None:
    paid = buy(screening)
    hand_out(paid, 1)
    asked = page(ana, paid, "/cancellation")
    assert (
        "You have collected Pipoca at the counter. Their price, R$21.00, does not go back."
        in asked.replace("\u00a0", "").replace("R$ ", "R$")
    )
    sent = ana.post(f"/orders/{paid.token}/cancellation", {"refund": promised(ana, paid)})
    assert sent.status_code == 303
    purchases.run_due_work()
    assert purchases.refunds(paid) == [(3800 + 2100, "refunded")]
    assert "did not go back: the counter had handed out Pipoca before." in page(ana, paid)


def test_a_refund_that_changed_meanwhile_is_shown_again(ana: Visitor, screening: Screening) -> None:
    paid = buy(screening)
    before = promised(ana, paid)
    hand_out(paid, 1)
    again = ana.post(f"/orders/{paid.token}/cancellation", {"refund": before})
    assert again.status_code == 409
    assert "The counter has just handed something out" in again.text
    assert purchases.order(paid.token).state == "paid"
    assert promised(ana, paid) == str(3800 + 2100)


def test_a_page_of_an_older_version_still_cancels(ana: Visitor, screening: Screening) -> None:
    paid = buy(screening)
    promised(ana, paid)
    assert ana.post(f"/orders/{paid.token}/cancellation", {}).status_code == 303
    assert not purchases.order(paid.token).is_paid
