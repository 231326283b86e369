"""The reservation of an order over the API: other seats, and more time."""

from __future__ import annotations

from flask.testing import FlaskClient

from app.core import db
from app.core.actor import Actor
from app.orders import service as orders
from tests.api.buyer import Buyer, free_seats


def test_seats_are_changed_and_the_deadline_stays(buyer: Buyer) -> None:
    order = buyer.begin(2)
    _, free = free_seats()
    wanted = [order["seats"][0]["seat"], free[0]]
    changed = buyer.put(f"/orders/{order['token']}/seats", {"seats": wanted}).get_json()
    assert {seat["seat"] for seat in changed["seats"]} == set(wanted)
    assert changed["deadline"] == order["deadline"]


def test_a_lost_seat_keeps_the_order_as_it_is_and_names_others(buyer: Buyer) -> None:
    order, other = buyer.begin(1), buyer.begin(1)
    taken = other["seats"][0]["seat"]
    answer = buyer.put(f"/orders/{order['token']}/seats", {"seats": [taken]})
    found = answer.get_json()
    assert (answer.status_code, found["code"], found["lost"]) == (409, "seats.lost", [taken])
    assert all(len(seats) == 1 for seats in found["alternatives"])
    assert buyer.get(f"/orders/{order['token']}")["seats"] == order["seats"]


def test_the_deadline_is_extended_as_often_as_the_order_says(buyer: Buyer) -> None:
    order = buyer.begin(1)
    address = f"/orders/{order['token']}/extensions"
    assert order["extensions_left"] > 0
    for left in reversed(range(order["extensions_left"])):
        extended, again = (buyer.post(address, {}, key=f"one-more-extension-{left}") for _ in range(2))
        assert (extended.status_code, extended.get_json()) == (200, again.get_json())
        assert extended.get_json()["extensions_left"] == left
        assert extended.get_json()["deadline"] > order["deadline"]
        order = extended.get_json()
    refused = buyer.post(address, {})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "order.no_more_extensions")


def test_an_order_that_is_being_paid_cannot_be_changed(buyer: Buyer) -> None:
    order = buyer.with_types(buyer.begin(1))
    assert buyer.pay(order).status_code == 202
    for answer in (
        buyer.post(f"/orders/{order['token']}/extensions", {}),
        buyer.put(f"/orders/{order['token']}/seats", {"seats": [order["seats"][0]["seat"]]}),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (409, "order.over")


def test_an_order_of_the_pages_is_not_reached_by_its_token(buyer: Buyer, client: FlaskClient) -> None:
    screening, free = free_seats()
    with db.transaction():
        started = orders.start_with_seats(screening, free[:1], Actor(visitor="ana"), once="a-page-of-ana")
    for answer in (
        buyer.put(f"/orders/{started.token}/seats", {"seats": free[:1]}),
        buyer.post(f"/orders/{started.token}/extensions", {}),
    ):
        assert answer.status_code == 404
