"""Race: a late payment and the cancellation of its screening; in either order, no valid ticket remains."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from app.core import db
from app.core.config import Settings
from app.events import service as events
from app.events.service import Screening
from app.orders import handlers
from app.orders.service import OrderView
from tests.orders import purchases
from tests.orders.purchases import expire, refunds, start_payment, valid_tickets
from tests.races.concurrency import wait_until_blocked_or_ended
from tests.races.test_settlement import paid_but_not_settled
from tests.reservations.auditoriums import make_screening


@pytest.fixture
def screening(app: object, database: str, settings: Settings) -> Iterator[Screening]:
    db.connect(database, pool_size=10)
    yield make_screening("oooooooooo")
    db.connect(database, pool_size=settings.database.pool_size)


def call_off_during(screening: Screening, settle: Callable[[], str]) -> str:
    """Call the screening off and search for its orders before the transaction of the payment commits."""

    def call_off() -> None:
        with db.transaction():
            events.cancel_screening(screening.id, "No light.")
        purchases.run_due_work()

    cinema = threading.Thread(target=call_off, daemon=True)
    with db.transaction():
        outcome = settle()
        cinema.start()
        wait_until_blocked_or_ended(cinema)
    cinema.join(20)
    assert not cinema.is_alive()
    purchases.run_due_work()
    return outcome


def ready(screening: Screening) -> tuple[OrderView, Callable[[], str]]:
    basket = expire(start_payment(screening, "A4"))
    (settle,) = paid_but_not_settled(basket, 1)
    return basket, settle


def test_the_late_payment_is_refunded(screening: Screening) -> None:
    basket, settle = ready(screening)
    assert call_off_during(screening, settle) == "paid"
    after = purchases.order(basket.token)
    assert (after.state, after.end_reason) == ("refunded", "called_off")
    assert (refunds(after), valid_tickets(after)) == ([(3800, "refunded")], [])


def test_control_without_the_lock_of_the_screening_tickets_stay_valid(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.orders.settlement.events.lock_scheduled", lambda screening_id: True)
    basket, settle = ready(screening)
    assert call_off_during(screening, settle) == "paid"
    after = purchases.order(basket.token)
    assert (after.state, refunds(after), valid_tickets(after)) == ("paid", [], ["A4"])
    handlers.call_off_late_orders()  # the tick finds the missed order
    purchases.run_due_work()
    assert refunds(after) == [(3800, "refunded")]
