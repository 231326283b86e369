"""The number of SQL statements of each step of a purchase must not grow unnoticed."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from app.core import cache, db, worker
from app.dispatch import routes
from app.events.service import Screening
from app.orders import create
from app.orders import service as orders
from app.orders.service import TypeChoice
from app.payments import checks as payment_checks
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.payments.test_statements import counted
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def stopped_cache_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of the caches: an entry that expires during a slow test costs statements that nobody added."""
    now = time.monotonic()
    monkeypatch.setattr(cache, "time", SimpleNamespace(monotonic=lambda: now))


@pytest.mark.usefixtures("stopped_cache_clock")
def test_a_purchase_in_few_statements(app: object) -> None:
    screening = make_screening("oooooooooo")
    popcorn = add_product(screening)
    seats = seat_ids(seat_plan_of(screening), "A4 A5")
    purchases.buy(
        screening, seat_ids(seat_plan_of(screening), "A9"), "eva", items={popcorn: 1}
    )  # caches and the first key
    spent: dict[str, int] = {}

    with counted() as sent:
        basket = purchases.start(screening, seats)
    spent["start, and read"] = len(sent)
    full = {seat: TypeChoice() for seat in seats}
    half = {seat: TypeChoice("half", "student") for seat in seats}
    for name, choices in (("full price", full), ("half price", half)):
        with counted() as sent, db.transaction():
            orders.choose_types(basket.token, choices, owner_of(basket))
        spent[name] = len(sent)
    with counted() as sent, db.transaction():
        orders.choose_concessions(basket.token, {popcorn: 1}, owner_of(basket))
    spent["concessions"] = len(sent)
    with counted() as sent, db.transaction():
        orders.check_out(
            basket.token, owner_of(basket), name="Ana", email="ana@example.org", cpf="", method="pix"
        )
    spent["check out"] = len(sent)
    purchases.run_due_work()
    purchases.bank().pay(purchases.charge_id(basket))
    payment_checks.deliver_sandbox_notifications()
    worker.drain(routes(("payments",)))
    with counted() as sent:
        worker.drain(routes(("orders",)))
    spent["settle"] = len([one for one in sent if "leased_until" not in one])

    most = {
        "start, and read": 3,
        "full price": 2,
        "half price": 4,
        "concessions": 3,
        "check out": 5,  # one reads whether the screening is still as shown
        "settle": 11,  # one reads the same here; one records what the counter hands out
    }
    assert purchases.order(basket.token).state == "paid"
    assert all(spent[step] <= most[step] for step in most), spent


def test_a_code_that_is_taken_is_drawn_again(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    screening: Screening = make_screening("oooooooooo")
    codes = iter(["LTZ-0001", "LTZ-0001", "LTZ-0002"])
    monkeypatch.setattr(create, "short_code", lambda: next(codes))
    first = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1"))
    second = purchases.start(screening, seat_ids(seat_plan_of(screening), "A2"), "eva")
    assert (first.code, second.code) == ("LTZ-0001", "LTZ-0002")
