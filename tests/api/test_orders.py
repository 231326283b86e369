"""A purchase over the API, from the seats to the tickets."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.core import db
from app.core.actor import Actor
from app.orders import service as orders
from tests.api.buyer import BASE, Buyer, free_seats
from tests.orders import purchases


def test_seats_snacks_and_a_pix_become_tickets(buyer: Buyer) -> None:
    order = buyer.with_types(buyer.begin(2))
    cinema = buyer.get(f"/screenings/{order['screening']}")["cinema"]
    product = buyer.get(f"/products?cinema={cinema}")["items"][0]
    items = [{"product": product["id"], "quantity": 2}]
    chosen = buyer.put(f"/orders/{order['token']}/concessions", {"items": items}).get_json()
    assert chosen["total"] == order["total"] + 2 * product["price"]

    answer = buyer.pay(chosen)
    assert (answer.status_code, answer.get_json()["state"]) == (202, "awaiting_payment")
    purchases.run_due_work()
    (charge,) = buyer.get(f"/orders/{order['token']}/payments")["items"]
    assert charge["pix_code"].startswith("000201")
    purchases.bank().pay(purchases.charge_id(purchases.order(order["token"])))
    purchases.run_due_work()

    assert buyer.get(f"/orders/{order['token']}")["state"] == "paid"
    tickets = buyer.get(f"/orders/{order['token']}/tickets")["items"]
    assert {ticket["seat"] for ticket in tickets} == {seat["seat"] for seat in order["seats"]}
    assert all(ticket["qr_text"].startswith("BIL1") and ticket["state"] == "valid" for ticket in tickets)


def test_half_price_is_half(buyer: Buyer) -> None:
    order = buyer.begin(1)
    half = buyer.with_types(order, "half")
    assert half["total"] == order["total"] // 2
    assert half["seats"][0]["half_kind"] == "student"


def test_the_best_seats_together(buyer: Buyer) -> None:
    screening, _ = free_seats()
    answer = buyer.post("/orders", {"screening": screening, "quantity": 3})
    assert answer.status_code == 201
    assert len(answer.get_json()["seats"]) == 3
    assert answer.headers["Location"] == f"{BASE}/orders/{answer.get_json()['token']}"


def test_a_lost_seat_is_a_conflict(buyer: Buyer) -> None:
    screening, free = free_seats()
    assert buyer.post("/orders", {"screening": screening, "seats": free[:1]}).status_code == 201
    answer = buyer.post("/orders", {"screening": screening, "seats": free[:1]})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "seats.lost")


def test_a_given_up_order_frees_its_seats(buyer: Buyer, client: FlaskClient) -> None:
    order = buyer.begin(1)
    assert client.delete(f"{BASE}/orders/{order['token']}").status_code == 204
    seats = buyer.get(f"/screenings/{order['screening']}/seats")["seats"]
    states = {seat["id"]: seat["state"] for seat in seats}
    assert states[order["seats"][0]["seat"]] == "free"


def test_a_changed_total_is_not_charged(buyer: Buyer) -> None:
    order = buyer.with_types(buyer.begin(1))
    answer = buyer.pay(order, total=order["total"] - 1)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "order.total_changed")
    assert answer.get_json()["total"] == order["total"]
    assert buyer.get(f"/orders/{order['token']}/payments")["items"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "ana"}, "email"),
        ({"name": " "}, "name"),
        ({"cpf": "11111111111"}, "cpf"),
        ({"method": "cash"}, "method"),
        ({"discount": 100}, "discount"),
    ],
)
def test_a_wrong_buyer_is_named(buyer: Buyer, changes: dict[str, object], field: str) -> None:
    order = buyer.with_types(buyer.begin(1))
    answer = buyer.pay(order, **changes)
    assert answer.status_code == 422
    assert field in {place["field"] for place in answer.get_json()["errors"]}


def test_an_order_of_the_pages_is_not_reached_by_its_token(buyer: Buyer, client: FlaskClient) -> None:
    screening, free = free_seats()
    with db.transaction():
        started = orders.start_with_seats(screening, free[:1], Actor(visitor="ana"), once="a-page-of-ana")
    for answer in (
        client.get(f"{BASE}/orders/{started.token}"),
        client.delete(f"{BASE}/orders/{started.token}"),
        buyer.put(f"/orders/{started.token}/concessions", {"items": []}),
        client.get(f"{BASE}/orders/{started.token}/tickets"),
        client.get(f"{BASE}/orders/no-such-token"),
    ):
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"screening": NaN}', "application/json", 400),
        (b'{"screening": 1, "screening": 2}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'"text"', "application/json", 422),
        (b"null", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"screening": "x", "quantity": 1}', "application/json", 422),
        (b'{"screening": 2147483648, "quantity": 1}', "application/json", 422),
        (b'{"screening": 1, "seats": []}', "application/json", 422),
        (b'{"screening": 1, "seats": [1], "quantity": 1}', "application/json", 422),
        (b'{"screening": 1}', "text/plain", 415),
        (b"screening=1", "application/x-www-form-urlencoded", 415),
        (b'{"screening": 1, "price": 1}', "application/json", 422),
        (b" " * 300_000, "application/json", 413),
    ],
)
def test_a_bad_body_is_refused(
    client: FlaskClient, demo: str, body: bytes, content_type: str, status: int
) -> None:
    answer = client.post(
        f"{BASE}/orders",
        data=body,
        headers={"Content-Type": content_type, "Idempotency-Key": "k" * 20},
    )
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text


def test_answers_about_an_order_are_not_stored(buyer: Buyer, client: FlaskClient) -> None:
    order = buyer.begin(1)
    for part in ("", "/payments", "/tickets"):
        answer = client.get(f"{BASE}/orders/{order['token']}{part}")
        assert answer.headers["Cache-Control"] == "no-store"
