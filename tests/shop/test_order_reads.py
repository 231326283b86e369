"""Each request of a purchase reads its order from the database once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import partial

from werkzeug.test import TestResponse

from app.events.service import Screening
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.payments.test_statements import counted
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.shop.visitor import FULL, Visitor, order_at, types_form

BUYER = {"name": "Ana Souza", "email": "ana@example.org", "cpf": "", "method": "pix"}


def test_each_request_of_a_purchase_reads_the_order_once(ana: Visitor, screening: Screening) -> None:
    popcorn = add_product(screening)
    csrf = {"csrf_token": ana.token()}
    by_htmx = ana.headers | {"HX-Request": "true"}
    seats = [str(seat) for seat in seat_ids(seat_plan_of(screening), "A4 A5")]
    reads: dict[str, int] = {}

    def measure(name: str, send: Callable[[], TestResponse]) -> TestResponse:
        with counted() as sent:
            answer = send()
        assert answer.status_code == 200, name
        reads[name] = sum("from orders.orders o where o.token" in statement for statement in sent)
        return answer

    def post(address: str, form: Mapping[str, object]) -> TestResponse:
        return measure(address, partial(ana.client.post, address, data={**csrf, **form}, headers=by_htmx))

    started = post(f"/screenings/{screening.id}/orders", {"seat": seats, "once": uuid.uuid4().hex})
    path = started.headers["HX-Push-Url"].removesuffix("/types")
    post(f"{path}/types", types_form(path, FULL, FULL))
    post(f"{path}/concessions", {f"quantity-{popcorn}": "1"})
    post(f"{path}/checkout", BUYER)
    post(f"{path}/payment", {"method": "card"})
    for step in ("/payment", "/payment/status"):
        measure(f"{step}, polled", partial(ana.get, f"{path}{step}"))
    purchases.run_due_work()
    purchases.pay(order_at(path))
    measure("tickets", partial(ana.get, path))
    assert reads == dict.fromkeys(reads, 1), reads
