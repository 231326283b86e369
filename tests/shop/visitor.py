"""A visitor of the shop for the tests; it sends forms as a browser does, with a CSRF token."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence

from flask import Flask
from werkzeug.test import TestResponse

from app.events.service import Screening
from app.orders.service import OrderView
from tests.orders import purchases
from tests.reservations.auditoriums import seat_ids, seat_plan_of

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FULL, HALF = ("full", ""), ("half", "student")


class Visitor:
    """One browser with its cookies and language."""

    def __init__(self, app: Flask, language: str = "en") -> None:
        self.client = app.test_client()
        self.headers = {"Accept-Language": language, "Sec-Fetch-Site": "same-origin"}

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, form: Mapping[str, object] | None = None, **headers: str) -> TestResponse:
        fields = {"csrf_token": self.token(), **(form or {})}
        return self.client.post(path, data=fields, headers=self.headers | headers)

    def token(self) -> str:
        found = TOKEN.search(self.get("/orders/find").get_data(as_text=True))
        assert found is not None
        return found[1]

    def start(self, screening: Screening, names: str, once: str = "") -> str:
        """Hold these seats; returns the path of the order."""
        answer = self.post_seats(screening, seat_ids(seat_plan_of(screening), names), once)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return answer.location.removesuffix("/types")

    def post_seats(self, screening: Screening, seat_ids: Sequence[int], once: str = "") -> TestResponse:
        form = {"seat": [str(seat) for seat in seat_ids], "keep": "1", "once": once or uuid.uuid4().hex}
        return self.post(f"/screenings/{screening.id}/orders", form)

    def choose_full(self, path: str) -> None:
        """Choose full price for all seats and no concessions."""
        seats = set(re.findall(r'name="type-(\d+)"', self.get(f"{path}/types").get_data(as_text=True)))
        assert self.post(f"{path}/types", {f"type-{seat}": "full" for seat in seats}).status_code == 303
        assert self.post(f"{path}/concessions", {"go": "skip"}).status_code == 303

    def check_out(self, path: str, **changes: str) -> TestResponse:
        form = {"name": "Ana Souza", "email": "ana@example.org", "cpf": "", "method": "pix"}
        return self.post(f"{path}/checkout", form | changes)


def order_at(path: str) -> OrderView:
    return purchases.order(path.rsplit("/", 1)[-1])


def types_form(path: str, *chosen: tuple[str, str]) -> dict[str, object]:
    """The fields of the types page: a type and a kind for each seat."""
    form: dict[str, object] = {}
    for seat, (ticket_type, kind) in zip(order_at(path).seats, chosen, strict=True):
        form |= {f"type-{seat.seat_id}": ticket_type, f"kind-{seat.seat_id}": kind}
    return form
