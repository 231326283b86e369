"""Who calls the API: the token of a device, and what a view may require of its callers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.api import identity, limits
from app.api.identity import DOOR_DEVICE, KIOSK_DEVICE
from app.api.refusals import Refused
from app.core import db
from app.core.actor import Actor
from app.users import service as users
from app.users.service import Device
from tests.api.buyer import BASE, Buyer, free_seats


@pytest.fixture
def door(demo: str) -> tuple[Device, str]:
    """A door device and its token."""
    with db.transaction():
        token = users.register_door(1, "Gate A", 7)
        return users.authenticate_device(token), token


@contextmanager
def request_with(app: Flask, token: str | None) -> Iterator[None]:
    """A request of which `identity` knows the caller."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with app.test_request_context(BASE + "/films", headers=headers), db.reading():
        identity.recognise()
        yield


def test_a_device_acts_by_its_token(app: Flask, door: tuple[Device, str]) -> None:
    device, token = door
    with request_with(app, token):
        assert identity.caller().device == device
        acts = identity.actor()
        assert (acts.device, acts.channel, acts.user_id, acts.partner_id) == (device.id, "api", None, None)
        identity.check((DOOR_DEVICE, "manager"))
        with pytest.raises(Refused) as refused:
            identity.check((KIOSK_DEVICE, "manager", "bilheteria/orders.write", "bilheteria/orders.read"))
    assert (refused.value.status, refused.value.code) == (403, "token.scope")
    assert 'scope="bilheteria/orders.read bilheteria/orders.write"' in refused.value.challenge


def test_a_guest_is_asked_for_a_token(app: Flask, demo: str) -> None:
    with request_with(app, None):
        assert identity.caller().is_guest
        identity.check((DOOR_DEVICE,), guests=True)
        with pytest.raises(Refused) as refused:
            identity.check((DOOR_DEVICE,))
    assert (refused.value.status, refused.value.code) == (401, "token.missing")


def test_a_revoked_device_is_refused(client: FlaskClient, door: tuple[Device, str]) -> None:
    device, token = door
    headers = {"Authorization": f"bearer {token}"}
    assert client.get(f"{BASE}/films", headers=headers).status_code == 200
    with db.transaction():
        users.revoke_device(device.id)
    assert client.get(f"{BASE}/films", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a b",
        "Bearer é",
        "Bearer unknown",
        "Bearer " + "a" * 9000,
    ],
)
def test_a_token_that_is_wrong_is_refused_everywhere(
    client: FlaskClient, demo: str, authorization: str
) -> None:
    """A public view too: else a client would not notice that its token has ended."""
    headers = {"Authorization": authorization, "Accept-Language": "en"}
    answer = client.get(f"{BASE}/films", headers=headers)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.get_json()["code"] == "token.invalid"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="bilheteria", error="invalid_token"'


def test_a_device_has_a_limit_of_its_own(
    client: FlaskClient, door: tuple[Device, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 1)
    headers = {"Authorization": f"Bearer {door[1]}"}
    statuses = [client.get(f"{BASE}/films", headers=headers).status_code for _ in range(2)]
    assert statuses == [200, 429]
    assert client.get(f"{BASE}/films").status_code == 200, "others behind its network address go on"


def test_wrong_tokens_count_for_their_address(
    client: FlaskClient, demo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 1)
    headers = {"Authorization": "Bearer guessed"}
    statuses = [client.get(f"{BASE}/films", headers=headers).status_code for _ in range(2)]
    assert statuses == [401, 429]


@pytest.fixture
def kiosk(demo: str) -> str:
    """The token of a paired kiosk."""
    with db.transaction():
        pairing = users.start_pairing(Actor(address_key="foyer"))
        users.confirm_pairing(pairing.code, 1, "Kiosk 1", Actor(user_id=1))
        return users.collect_device_token(pairing.secret)[1]


def test_an_order_of_a_kiosk_is_reached_by_that_kiosk_alone(
    client: FlaskClient, kiosk: str, door: tuple[Device, str]
) -> None:
    screening, free = free_seats()
    own = {"Authorization": f"Bearer {kiosk}"}
    buyer = Buyer(client)
    began = buyer.post("/orders", {"screening": screening, "seats": free[:1]}, **own)
    assert began.status_code == 201, began.text
    address = f"{BASE}/orders/{began.get_json()['token']}"
    assert client.get(address, headers=own).status_code == 200
    assert client.get(address).status_code == 404
    assert client.get(address, headers={"Authorization": f"Bearer {door[1]}"}).status_code == 403
    assert client.delete(address).status_code == 404
    assert client.delete(address, headers=own).status_code == 204


def test_a_key_is_of_one_caller(client: FlaskClient, kiosk: str) -> None:
    """The answer of a caller is not given to another who sends the same key."""
    screening, free = free_seats()
    buyer = Buyer(client)
    body = {"screening": screening, "seats": free[:1]}
    first = buyer.post("/orders", body, key="k" * 20, Authorization=f"Bearer {kiosk}")
    again = buyer.post("/orders", body, key="k" * 20, Authorization=f"Bearer {kiosk}")
    assert first.get_json()["token"] == again.get_json()["token"]
    assert buyer.post("/orders", body, key="k" * 20).get_json()["code"] == "seats.lost"


def test_an_answer_says_what_is_left_of_the_limit(
    client: FlaskClient, door: tuple[Device, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 2)
    headers = {"Authorization": f"Bearer {door[1]}"}
    answers = [client.get(f"{BASE}/films", headers=headers) for _ in range(3)]
    assert [answer.headers["RateLimit-Policy"] for answer in answers] == ['"device";q=2;w=60'] * 3
    assert answers[0].headers["RateLimit"].startswith('"device";r=1;t=')
    assert answers[2].status_code == 429
    assert int(answers[2].headers["Retry-After"]) >= 1
    assert answers[2].headers["RateLimit"] == f'"device";r=0;t={answers[2].headers["Retry-After"]}'
    assert client.get(f"{BASE}/films").headers["RateLimit"].startswith('"address";r=1;')
