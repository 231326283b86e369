"""Payments for a screening that is over or called off are refunded; a receipt that is settled again changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import cache, db
from app.events import service as events
from app.events.cache import READINGS
from app.events.service import Screening
from app.orders import handlers, settlement
from app.orders import service as orders
from app.orders.service import OrderOver, OrderView
from app.payments import service as payments
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.purchases import expire, refunds, set_film_times, start_payment, valid_tickets
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo", cutoff=15)


@pytest.fixture(autouse=True)
def long_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the cached programme for the whole test, also on a slow machine."""
    monkeypatch.setattr(READINGS, "seconds", 600.0)


def called_off_elsewhere(screening: Screening) -> None:
    """Call the screening off as another process does: this process still has it in its cache."""
    with db.reading():
        assert events.screening(screening.id).status == "scheduled"
    with db.transaction() as session:
        session.execute(
            text(
                "update events.screenings set status = 'cancelled', cancel_reason = 'No light.' where id = :id"
            ),
            {"id": screening.id},
        )


@pytest.mark.parametrize("minutes", [0, 30])
def test_when_the_film_is_over(screening: Screening, minutes: float) -> None:
    basket = start_payment(screening, "A4 A5")
    if minutes:
        basket = expire(basket, minutes)
    set_film_times(screening, started=160, ends=-5)
    after = purchases.pay(basket, stubborn=True)
    assert (after.paid_at, refunds(after), valid_tickets(after)) == (None, [(7600, "refunded")], [])


def test_late_when_seats_are_no_longer_sold(screening: Screening) -> None:
    basket = expire(start_payment(screening, "A4"))
    set_film_times(screening, started=20, ends=100)
    after = purchases.pay(basket, stubborn=True)
    assert (after.state, refunds(after)) == ("expired", [(3800, "refunded")])


def test_a_payment_in_time_may_come_after_the_screening_began(screening: Screening) -> None:
    basket = start_payment(screening, "A4")
    set_film_times(screening, started=20, ends=100)
    assert purchases.pay(basket).state == "paid"


def test_late_for_a_screening_that_another_process_has_just_called_off(screening: Screening) -> None:
    basket = expire(start_payment(screening, "A4"))
    called_off_elsewhere(screening)
    after = purchases.pay(basket, stubborn=True)
    assert (after.state, refunds(after)) == ("expired", [(3800, "refunded")])


def test_paid_in_the_second_of_the_calling_off(screening: Screening) -> None:
    basket = start_payment(screening, "A4")
    called_off_elsewhere(screening)
    assert purchases.pay(basket).state == "paid"
    cache.clear_all()
    for _twice in range(2):
        handlers.call_off_late_orders()
    purchases.run_due_work()
    after = purchases.order(basket.token)
    assert (after.state, after.end_reason) == ("refunded", "called_off")
    assert (refunds(after), valid_tickets(after)) == ([(3800, "refunded")], [])


def test_each_late_order_gets_one_message(screening: Screening) -> None:
    purchases.start(screening, seat_ids(seat_plan_of(screening), "A4"))
    called_off_elsewhere(screening)
    for _often in range(3):
        handlers.call_off_late_orders()
    with db.reading() as session:
        waiting = text("select count(*) from core.outbox where kind = 'OrderCalledOff'")
        assert session.execute(waiting).scalar_one() == 1


def reseated(screening: Screening) -> OrderView:
    basket = expire(start_payment(screening, "A4 A5"))
    purchases.buy(screening, seat_ids(seat_plan_of(screening), "A4 A5"), "eva")
    return purchases.pay(basket, stubborn=True)


def test_other_seats_cannot_be_taken_when_the_film_is_over(screening: Screening) -> None:
    offered = reseated(screening)
    assert offered.state == "reseat_offered"
    set_film_times(screening, started=160, ends=-5)
    with pytest.raises(OrderOver), db.transaction():
        orders.accept_reseat(offered.token)
    assert (expire(offered).state, refunds(offered)) == ("refunded", [(7600, "refunded")])


def settled_again(basket: OrderView) -> str:
    """Settle the order's first receipt again, as if its delivery had not been marked as done."""
    with db.reading():
        receipt = payments.receipts_of(basket.id)[0]
    with db.transaction():
        outcome = settlement.settle(receipt.id, basket.id, receipt.amount)
    purchases.run_due_work()
    return outcome


def test_the_receipt_that_bought_the_tickets_settled_again(screening: Screening) -> None:
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A4"))
    assert settled_again(paid) == "paid"
    assert (refunds(paid), valid_tickets(paid)) == ([], ["A4"])


def test_the_receipt_behind_an_offer_settled_again(screening: Screening) -> None:
    offered = reseated(screening)
    assert settled_again(offered) == "reseat_offered"
    assert refunds(offered) == []
    with db.transaction():
        orders.accept_reseat(offered.token)
    assert settled_again(offered) == "paid"
    assert (refunds(offered), valid_tickets(offered)) == ([], ["A2", "A3"])


def test_a_refunded_receipt_buys_nothing_later(screening: Screening) -> None:
    basket = expire(start_payment(screening, "A1 A2 A3 A4 A5 A6 A7 A8"))
    purchases.start(screening, seat_ids(seat_plan_of(screening), "A9 A10"), "bia")
    taken = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1"), "eva")
    after = purchases.pay(basket, stubborn=True)
    assert (after.state, refunds(after)) == ("expired", [(30400, "refunded")])
    with db.transaction():
        orders.abandon(taken.token, owner_of(taken))
    assert settled_again(after) == "expired"
    assert (refunds(after), valid_tickets(after)) == ([(30400, "refunded")], [])
