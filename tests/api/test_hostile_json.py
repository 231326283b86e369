"""Hostile bodies at every operation of the API that reads one: fitting 4xx problems, never a 500.

The operations come from the OpenAPI document, so new ones are included; each needs a body that fits (`fitting_bodies`).
"""

from __future__ import annotations

import copy
import gzip
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.api import limits
from app.core import db
from app.events import service as events
from app.users import service as users
from tests.adapters.identity_provider import Provider
from tests.api.buyer import BASE, BUYER, Buyer, free_seats
from tests.api.token_holder import partner, person, register
from tests.users.account_data import make_account

JSON = "application/json"
NO_SENTENCE = "Isso não encaixa."  # says nothing of what is wrong
WEBHOOKS = "bilheteria/webhooks"
Body = dict[str, Any]

# With the statuses that fit. A whole body of each kind is sent to every operation.
BODIES: list[tuple[bytes, str, int]] = [
    (b"", JSON, 400),
    (b"{", JSON, 400),
    (b"{}}", JSON, 400),
    (b'{"a": 1,}', JSON, 400),
    (b"[" * 100_000, JSON, 400),
    (b'{"a":' * 65 + b"1" + b"}" * 65, JSON, 400),
    (b'{"screening": NaN}', JSON, 400),
    (b'{"screening": -Infinity}', JSON, 400),
    (b'{"screening": 1e999}', JSON, 400),
    (b'{"screening": 9223372036854775808}', JSON, 400),
    (b'{"screening": ' + b"9" * 100_000 + b"}", JSON, 400),
    (b'{"code": "a\\u0000"}', JSON, 400),
    (b'{"email": "\\ud800"}', JSON, 400),
    (b'{"\\udfff": 1}', JSON, 400),
    (b'{"email": 1, "email": 2}', JSON, 400),
    (b"\xff\xfe{\x00}\x00", JSON, 400),
    (gzip.compress(b"{}"), JSON, 400),
    (b"null", JSON, 422),
    (b"[]", JSON, 422),
    (b'"{}"', JSON, 422),
    (b"{}", JSON, 422),
    (b"{}", "text/plain", 415),
    (b"{}", "", 415),
    (b"screening=1", "application/x-www-form-urlencoded", 415),
    (b"--x--", "multipart/form-data; boundary=x", 415),
    (b"<a/>", "text/xml", 415),
    (b" " * 300_000, JSON, 413),
]
WRONG_TYPES: dict[type, list[Any]] = {
    int: ["1", 1.5, 1.0, True, [], {}, [1], 2**31, -(2**31), 10**17],
    bool: ["true", 1, 0, [], {}],
    str: [1, True, [], {}, ["a"]],
    list: ["1", 1, {}, {"0": 1}, [None], [[]], [{"a": []}], [1] * 101],
    dict: ["a", 1, [], None],
}
ODD_VALUES = [None, -1, 0, "", " ", "\u202e\u200b", "é" * 300, "<script>", "' or 1=1 --", "..%2f"]


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 10**9)


@pytest.fixture
def hostile(app: Flask, provider: Provider) -> Hostile:
    return Hostile(app, provider)


class Hostile:
    """Sends bodies to the operations of the document, for an order, a request and a device that exist."""

    def __init__(self, app: Flask, provider: Provider) -> None:
        self.client = app.test_client()
        self.manager = person(self.client, provider, "rosa", "manager").headers
        self.document: dict[str, Any] = self.client.get(f"{BASE}/openapi.json").get_json()
        self.order = Buyer(self.client).begin(2)
        self.bodies = fitting_bodies(self.order)
        waiting = Buyer(self.client).post("/requests", self.bodies["createRequest"])
        self.tokens = {"/orders": self.order["token"], "/requests": waiting.get_json()["token"]}
        account = make_account("door@example.org", role="door")
        with db.transaction():
            token = users.register_door(events.cinemas()[0].id, "1", account.id)
        self.device = {"Authorization": f"Bearer {token}"}
        self.partner = partner(self.client, provider, scope=WEBHOOKS).headers
        movies = register(scopes=(WEBHOOKS,))
        with db.transaction():
            self.webhook, _ = users.add_webhook(movies.id, "https://hooks.example.org/", ["order.paid"])

    def operations(self) -> Iterator[tuple[str, str, str]]:
        """The id, method and address of each operation with a body."""
        for path, item in self.document["paths"].items():
            for method in ("post", "put", "patch"):
                if "requestBody" in item.get(method, {}):
                    resource = path.removeprefix(BASE)
                    token = next((self.tokens[one] for one in self.tokens if resource.startswith(one)), "")
                    yield (
                        item[method]["operationId"],
                        method,
                        path.format(
                            token=token, admission_id=1, device_id=uuid.uuid4(), webhook_id=self.webhook.id
                        ),
                    )

    def send(self, method: str, address: str, body: bytes, content_type: str = JSON) -> TestResponse:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        if address.endswith("/admissions"):
            headers |= self.device
        if address.endswith("/decisions") or "/devices/" in address:
            headers |= self.manager
        if "/webhooks" in address:
            headers |= self.partner
        return self.client.open(
            address, method=method, data=body, content_type=content_type or None, headers=headers
        )


def fitting_bodies(order: dict[str, Any]) -> dict[str, Body]:
    """A body for each operation, by its id; all have every member that the operation knows."""
    seats = [seat["seat"] for seat in order["seats"]]
    wait = {"quantity": 1, "email": "ana@example.com"}
    return {
        "createOrder": {"screening": order["screening"], "seats": seats},
        "changeSeats": {"seats": seats},
        "chooseTypes": {
            "seats": [{"seat": seat, "type": "half", "half_kind": "student"} for seat in seats],
            "age_confirmed": True,
        },
        "chooseConcessions": {"items": [{"product": 1, "quantity": 1}]},
        "cancelOrder": {"refund": 1},
        "answerReseat": {"answer": "money"},
        "createPayment": BUYER | {"total": order["total"]},
        "createRequest": wait | {"screening": order["screening"]},
        "changeRequest": wait,
        "createAdmission": {
            "code": "K7QF-2M9-XRT",
            "nonce": str(uuid.uuid4()),
            "screening": order["screening"],
            "gate": "1",
        },
        "renameDevice": {"name": "Kiosk 1"},
        "decideAdmission": {"action": "undo", "reason": "mistake", "note": ""},
        "createWebhook": {"address": "https://hooks.example.org/", "events": ["order.paid"]},
        "changeWebhook": {"events": ["order.paid"], "paused": True},
        "replayWebhook": {"since": "2026-12-05T00:00:00Z", "until": "2026-12-06T00:00:00Z"},
    }


def problem(answer: TestResponse, what: str) -> dict[str, Any]:
    assert answer.status_code < 500, what
    assert answer.mimetype == "application/problem+json", what
    found: dict[str, Any] = answer.get_json()
    assert found["status"] == answer.status_code, what
    assert found["type"] == f"urn:bilheteria:problem:{found['code']}", what
    unnamed = [place for place in found.get("errors", ()) if place["detail"] == NO_SENTENCE]
    assert not unnamed, f"{what}: {unnamed} has no sentence in app.api.problem_texts or app.web.error_texts"
    return found


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value inside of a body with its path; of a list only the first item."""
    if path:
        yield path, value
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    )
    for key, one in inner:
        yield from places(one, (*path, key))


def changed(body: Body, path: tuple[Any, ...], value: Any) -> bytes:
    """The body with another value at the path."""
    made: Any = copy.deepcopy(body)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(made).encode()


def test_a_body_that_is_none_is_refused_with_the_fitting_status(hostile: Hostile) -> None:
    assert {name for name, _, _ in hostile.operations()} == set(hostile.bodies), "every operation is tried"
    for name, method, address in hostile.operations():
        for body, content_type, status in BODIES:
            what = f"{name}: {body[:40]!r} {content_type}"
            answer = hostile.send(method, address, body, content_type)
            assert problem(answer, what)["status"] == status, f"{what}: {answer.text}"


def test_a_value_of_another_type_and_an_unknown_member_are_named(hostile: Hostile) -> None:
    for name, method, address in hostile.operations():
        for path, value in [((), hostile.bodies[name]), *places(hostile.bodies[name])]:
            if isinstance(value, dict):
                answer = hostile.send(method, address, changed(hostile.bodies[name], (*path, "price"), 1))
                found = problem(answer, name)
                assert found["status"] == 422, name
                assert any("price" in place["field"] for place in found["errors"]), (name, found)
        for path, value in places(hostile.bodies[name]):
            for wrong in WRONG_TYPES[type(value)]:
                what = f"{name} {path}: {wrong!r}"
                answer = hostile.send(method, address, changed(hostile.bodies[name], path, wrong))
                found = problem(answer, what)
                assert (found["status"], bool(found["errors"])) == (422, True), f"{what}: {answer.text}"


def test_odd_values_are_no_server_error(hostile: Hostile) -> None:
    for name, method, address in hostile.operations():
        for path, _ in places(hostile.bodies[name]):
            for odd in ODD_VALUES:
                answer = hostile.send(method, address, changed(hostile.bodies[name], path, odd))
                assert answer.status_code < 500, f"{name} {path}: {odd!r}"
                if answer.status_code >= 400:
                    problem(answer, f"{name} {path}: {odd!r}")


def test_ids_and_tokens_of_others_are_refused_and_change_nothing(hostile: Hostile) -> None:
    for address in ("orders/%00", "orders/%ff%fe", "orders/" + "a" * 5_000, "requests/%00a", "requests/'--"):
        assert problem(hostile.client.get(f"{BASE}/{address}"), address)["status"] == 404, address
    _, free = free_seats()
    token, seats = hostile.order["token"], [seat["seat"] for seat in hostile.order["seats"]]
    types = [{"seat": seat, "type": "full"} for seat in (seats[0], free[0])]
    tried = [
        ("types", {"seats": types, "age_confirmed": True}, "types.foreign_seat"),
        ("seats", {"seats": [2**31 - 1]}, "seats.unknown"),
        ("concessions", {"items": [{"product": 2**31 - 1, "quantity": 1}]}, "products.unknown"),
        ("concessions", {"items": [{"product": -1, "quantity": 1}]}, "products.unknown"),
    ]
    for part, body, code in tried:
        answer = hostile.send("put", f"{BASE}/orders/{token}/{part}", json.dumps(body).encode())
        found = problem(answer, part)
        assert found["code"] == code, (part, found)
    after = hostile.client.get(f"{BASE}/orders/{token}").get_json()
    assert (after["seats"], after["items"]) == (hostile.order["seats"], [])
