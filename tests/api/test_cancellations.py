"""The end of a paid order over the API: cancelled, refunded, or with other seats for late money."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core import db
from app.events.service import Screening
from app.orders.service import OrderView
from tests.api.buyer import BASE, Buyer
from tests.orders import purchases
from tests.orders.purchases import expire, start_payment
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of


@pytest.fixture
def buyer(client: FlaskClient, database: str) -> Buyer:
    return Buyer(client)


@pytest.fixture
def screening(database: str) -> Screening:
    return make_screening("oooooo")


def of_the_api(order: OrderView) -> str:
    """The token of the order, as if a guest had begun it over the API."""
    with db.transaction() as session:
        session.execute(text("update orders.orders set channel = 'api' where id = :id"), {"id": order.id})
    return order.token


def bought(screening: Screening) -> OrderView:
    return purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1 A2"))


def end(buyer: Buyer, token: str, part: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = buyer.post(f"/orders/{token}/{part}", body)
    return answer.status_code, answer.get_json()


def test_a_cancelled_order_gets_its_money_back_once(buyer: Buyer, screening: Screening) -> None:
    order = bought(screening)
    token = of_the_api(order)
    status, found = end(buyer, token, "cancellation", {"refund": order.total - 1})
    assert (status, found["code"], found["refund"]) == (409, "order.refund_changed", order.total)
    for _ in range(2):
        status, found = end(buyer, token, "cancellation", {"refund": order.total})
        assert (status, found["state"]) == (200, "cancelled")
    purchases.run_due_work()
    (refund,) = buyer.get(f"/orders/{token}/refunds")["items"]
    assert (refund["amount"], refund["state"]) == (order.total, "refunded")
    assert {one["state"] for one in buyer.get(f"/orders/{token}/tickets")["items"]} == {"revoked"}


def test_an_order_with_a_person_inside_is_not_cancelled(buyer: Buyer, screening: Screening) -> None:
    order = bought(screening)
    token = of_the_api(order)
    with db.transaction() as session:
        session.execute(
            text("update tickets.tickets set state = 'admitted', admitted_at = clock_timestamp()")
        )
    status, found = end(buyer, token, "cancellation", {"refund": order.total})
    assert (status, found["code"]) == (409, "tickets.admitted")
    assert buyer.get(f"/orders/{token}")["state"] == "paid"


def test_an_unpaid_order_is_given_up_not_cancelled(buyer: Buyer, screening: Screening) -> None:
    order = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1"))
    status, found = end(buyer, of_the_api(order), "cancellation", {"refund": 0})
    assert (status, found["code"]) == (409, "order.state")


@pytest.mark.parametrize(("answer", "state"), [("seats", "paid"), ("money", "refunded")])
def test_late_money_gets_other_seats_or_goes_back(
    buyer: Buyer, screening: Screening, answer: str, state: str
) -> None:
    late = expire(start_payment(screening, "A4 A5"))
    purchases.buy(screening, seat_ids(seat_plan_of(screening), "A4 A5"), "eva")
    token = of_the_api(purchases.pay(late, stubborn=True))
    offered = buyer.get(f"/orders/{token}/reseat")
    assert len(offered["seats"]) == 2
    status, found = end(buyer, token, "reseat", {"answer": answer})
    assert (status, found["state"]) == (200, state)
    if state == "paid":
        assert {seat["name"] for seat in found["seats"]} == set(offered["seats"])
    assert buyer.client.get(f"{BASE}/orders/{token}/reseat").status_code == 404


def test_orders_of_the_pages_are_not_ended_by_their_token(buyer: Buyer, screening: Screening) -> None:
    order = bought(screening)
    for part, body in (("cancellation", {"refund": order.total}), ("reseat", {"answer": "money"})):
        assert end(buyer, order.token, part, body)[0] == 404
    assert buyer.client.get(f"{BASE}/orders/{order.token}/refunds").status_code == 404
    assert purchases.order(order.token).state == "paid"
