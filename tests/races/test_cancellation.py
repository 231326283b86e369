"""Race: a cancellation and an admission; the order is refunded and nobody is admitted, or it stays paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import db
from app.core.config import Settings
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from app.payments import service as payments
from app.tickets import service as tickets
from app.tickets.service import AlreadyAdmitted, Ticket
from tests.actors import door_actor
from tests.orders import purchases
from tests.races.concurrency import run_at_once
from tests.reservations.auditoriums import make_screening, seat_plan_of

ROUNDS = 15


@pytest.fixture
def screening(app: object, database: str, settings: Settings) -> Iterator[Screening]:
    db.connect(database, pool_size=20)
    yield make_screening("o" * 2 * ROUNDS, starts_in=timedelta(minutes=20))
    db.connect(database, pool_size=settings.database.pool_size)


def race(screening: Screening, place: int) -> tuple[str, str, int]:
    """Run two scans and a cancellation at once; returns the order's state, the admission and the refund."""
    seats = [seat.id for seat in seat_plan_of(screening).seats[2 * place : 2 * place + 2]]
    paid = purchases.buy(screening, seats, f"visitor-{place}")
    with db.reading():
        first, second = tickets.of_order(paid.id)
    results = run_at_once([lambda: cancel(paid), lambda: scan(first), lambda: scan(second)])
    assert all(isinstance(result, str) for result in results), results
    with db.reading():
        back = sum(one.amount for one in payments.refunds_of(paid.id))
    inside = "admitted" if "admitted" in results[1:] else "not admitted"
    return purchases.order(paid.token).state, inside, back


def cancel(paid: OrderView) -> str:
    try:
        with db.transaction() as session:
            orders.cancel(paid.token)
            session.execute(text("select pg_sleep(0.005)"))
    except AlreadyAdmitted:
        return "kept"
    return "cancelled"


def scan(ticket: Ticket) -> str:
    with db.transaction() as session:
        verdict = tickets.admit(ticket.qr_text, door_actor(), gate="1").verdict
        session.execute(text("select pg_sleep(0.002)"))
        return verdict


def test_an_order_is_refunded_or_admitted(screening: Screening) -> None:
    outcomes = Counter(race(screening, place) for place in range(ROUNDS))
    assert set(outcomes) <= {("cancelled", "not admitted", 7600), ("paid", "admitted", 0)}, outcomes


def test_control_without_revoking_an_order_is_refunded_and_admitted(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.orders.lifecycle.tickets.revoke", lambda order_id: 0)
    outcomes = Counter(race(screening, place) for place in range(ROUNDS))
    assert outcomes["cancelled", "admitted", 7600] > 0
