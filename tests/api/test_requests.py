"""The waiting list over the API: wait, get an offer, take it or withdraw."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core import db
from app.events.service import Screening
from app.reservations import service as reservations
from app.reservations.service import Reservation
from tests.api.buyer import BASE, Buyer
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import expire_hold, hold
from tests.reservations.waiting_list import serve

EMAIL = "ana@example.com"


@pytest.fixture
def buyer(client: FlaskClient, database: str) -> Buyer:
    return Buyer(client)


@pytest.fixture
def full(database: str) -> tuple[Screening, Reservation]:
    """A screening whose two seats are held by another visitor."""
    screening = make_screening("oo")
    return screening, hold(screening, "A1 A2")


def wait(buyer: Buyer, screening: Screening, quantity: int = 2, email: str = EMAIL) -> dict[str, Any]:
    body = {"screening": screening.id, "quantity": quantity, "email": email}
    answer = buyer.post("/requests", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.get_json()
    assert answer.headers["Location"] == f"{BASE}/requests/{made['token']}"
    return made


def free(held: Reservation) -> None:
    with db.transaction():
        reservations.release(held.id)


def test_a_full_screening_says_where_to_wait(buyer: Buyer, full: tuple[Screening, Reservation]) -> None:
    answer = buyer.post("/orders", {"screening": full[0].id, "quantity": 2})
    found = answer.get_json()
    assert (answer.status_code, found["type"]) == (409, "urn:bilheteria:problem:seats.nothing_fits")
    body = {"screening": full[0].id, "quantity": 2, "email": EMAIL}
    waiting = buyer.client.post(found["waiting_list"], json=body, headers={"Idempotency-Key": "k" * 20})
    assert (waiting.status_code, waiting.get_json()["state"]) == (201, "waiting")


def test_an_offer_becomes_an_order(buyer: Buyer, full: tuple[Screening, Reservation]) -> None:
    screening, held = full
    first, second = wait(buyer, screening), wait(buyer, screening, 1, "bia@example.com")
    assert [buyer.get(f"/requests/{one['token']}")["position"] for one in (first, second)] == [1, 2]
    address = f"/requests/{first['token']}"
    early = buyer.post(f"{address}/orders", {})
    assert (early.status_code, early.get_json()["code"]) == (409, "offer.over")

    free(held)
    serve(screening)
    offered = buyer.get(address)
    assert (offered["state"], offered["position"]) == ("offered", None)
    assert [seat["name"] for seat in offered["offer"]["seats"]] == ["A1", "A2"]
    assert offered["offer"]["until"] > offered["read_at"]

    taken, again = (buyer.post(f"{address}/orders", {}, key="take-the-offer-once") for _ in range(2))
    assert (taken.status_code, taken.get_json()) == (201, again.get_json())
    order = buyer.get(f"/orders/{taken.get_json()['token']}")
    assert {seat["name"] for seat in order["seats"]} == {"A1", "A2"}
    assert buyer.get(address)["state"] == "reserved"
    assert buyer.client.delete(f"{BASE}{address}").get_json()["code"] == "request.over"


def test_an_offer_whose_time_is_over_cannot_be_taken(
    buyer: Buyer, full: tuple[Screening, Reservation]
) -> None:
    screening, held = full
    waiting = wait(buyer, screening)
    free(held)
    serve(screening)
    offer = reservation_of(waiting["token"])
    expire_hold(offer.id)
    answer = buyer.post(f"/requests/{waiting['token']}/orders", {})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "offer.over")


def reservation_of(token: str) -> Reservation:
    with db.reading():
        offer = reservations.request(token).offer
    assert offer is not None
    return offer


def test_a_withdrawn_request_leaves_its_offer_to_the_next(
    buyer: Buyer, full: tuple[Screening, Reservation]
) -> None:
    screening, held = full
    first, second = wait(buyer, screening), wait(buyer, screening, 1, "bia@example.com")
    free(held)
    serve(screening)
    for _ in range(2):
        assert buyer.client.delete(f"{BASE}/requests/{first['token']}").status_code == 204
    serve(screening)
    states = [buyer.get(f"/requests/{one['token']}")["state"] for one in (first, second)]
    assert states == ["cancelled", "offered"]


def test_a_request_can_be_changed_in_its_place(buyer: Buyer, full: tuple[Screening, Reservation]) -> None:
    first, _ = wait(buyer, full[0]), wait(buyer, full[0], 1, "bia@example.com")
    changed = buyer.put(f"/requests/{first['token']}", {"quantity": 1, "email": EMAIL}).get_json()
    assert (changed["quantity"], changed["position"]) == (1, 1)


def test_a_repeat_waits_once(buyer: Buyer, full: tuple[Screening, Reservation]) -> None:
    body = {"screening": full[0].id, "quantity": 2, "email": EMAIL}
    answers = [buyer.post("/requests", body, key="wait-once-for-two-seats").get_json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert wait(buyer, full[0], 1, "bia@example.com")["position"] == 2


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"email": "ana"}, 422, "email.wrong"),
        ({"quantity": 0}, 422, "arguments"),
        ({"quantity": 999}, 422, "quantity.range"),
        ({"screening": 2**31 - 1}, 404, "not_found"),
        ({"screening": 2**31}, 422, "arguments"),
        ({"position": 1}, 422, "arguments"),
    ],
)
def test_a_wrong_request_is_refused(
    buyer: Buyer, full: tuple[Screening, Reservation], changes: dict[str, object], status: int, code: str
) -> None:
    body = {"screening": full[0].id, "quantity": 1, "email": EMAIL} | changes
    answer = buyer.post("/requests", body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_an_unknown_request_is_a_404(buyer: Buyer, client: FlaskClient) -> None:
    for answer in (
        client.get(f"{BASE}/requests/none"),
        client.delete(f"{BASE}/requests/none"),
        buyer.put("/requests/none", {"quantity": 1, "email": EMAIL}),
        buyer.post("/requests/none/orders", {}),
    ):
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
