"""A partner's client that buys tickets over the API."""

from __future__ import annotations

import uuid
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import db
from app.events import service as events
from app.reservations import service as reservations

BASE = "/api/v1"
BUYER = {"name": "Ana Lima", "email": "ana@example.org", "cpf": "", "method": "pix"}


class Buyer:
    """Sends requests to the API and keeps no cookies."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def post(self, path: str, body: object, *, key: str | None = None, **headers: str) -> TestResponse:
        named = {"Idempotency-Key": key or str(uuid.uuid4())} | headers
        return self.client.post(BASE + path, json=body, headers=named)

    def put(self, path: str, body: object) -> TestResponse:
        return self.client.put(BASE + path, json=body)

    def get(self, path: str) -> Any:
        answer = self.client.get(BASE + path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def begin(self, count: int = 2) -> dict[str, Any]:
        """An order of `count` free seats of the last day's first screening."""
        screening, free = free_seats()
        answer = self.post("/orders", {"screening": screening, "seats": free[:count]})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def with_types(self, order: dict[str, Any], type_: str = "full") -> dict[str, Any]:
        kind = "student" if type_ == "half" else None
        seats = [{"seat": one["seat"], "type": type_, "half_kind": kind} for one in order["seats"]]
        answer = self.put(f"/orders/{order['token']}/types", {"seats": seats, "age_confirmed": True})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def pay(self, order: dict[str, Any], **changes: object) -> TestResponse:
        body = BUYER | {"total": order["total"]} | changes
        return self.post(f"/orders/{order['token']}/payments", body)


def free_seats() -> tuple[int, list[int]]:
    """A screening that is still sold, and its free standard seats."""
    with db.reading():
        screening = events.programme(events.days_with_screenings()[-1])[0]
        taken = reservations.seat_states(screening.id)
        plan = events.seat_plan(screening.auditorium_id)
        free = [seat.id for seat in plan.seats if seat.kind == "standard" and seat.id not in taken]
    return screening.id, free
