"""An order that is paid by card at a kiosk: tickets or the money back, whatever happens at the terminal."""

from __future__ import annotations

import pytest

from app.core import db
from app.core.errors import Invalid
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import WrongState
from tests.actors import owner_of
from tests.orders import kiosk_sales, purchases
from tests.orders.kiosk_sales import (
    KIOSK,
    act,
    ask_terminal,
    at_kiosk,
    reversed_amount,
    start_payment,
    terminals,
)
from tests.orders.purchases import expire, refunds, valid_tickets
from tests.reservations.auditoriums import make_screening

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo")


def test_an_approved_card_buys_the_tickets(screening: Screening) -> None:
    basket = start_payment(screening, "A1 A2")
    act(basket, "insert", "approve")
    ask_terminal()
    after = purchases.order(basket.token)
    assert after.is_paid
    assert (valid_tickets(after), refunds(after)) == (["A1", "A2"], [])


@pytest.mark.parametrize("acts", [("insert", "decline"), ("insert", "remove"), ("time-out",), ("cancel",)])
def test_without_an_approval_the_seats_are_held_for_another_try(
    screening: Screening, acts: tuple[str, ...]
) -> None:
    basket = start_payment(screening, "A1")
    act(basket, *acts)
    ask_terminal()
    assert purchases.order(basket.token).is_awaiting_payment
    with db.transaction():
        orders.change_method(basket.token, "card_present", at_kiosk())
    purchases.run_due_work()
    act(basket, "insert", "approve")
    ask_terminal()
    assert valid_tickets(purchases.order(basket.token)) == ["A1"]


def test_pix_after_a_declined_card(screening: Screening) -> None:
    basket = start_payment(screening, "A1")
    act(basket, "insert", "decline")
    ask_terminal()
    with db.transaction():
        orders.change_method(basket.token, "pix", at_kiosk())
    purchases.run_due_work()
    assert valid_tickets(purchases.pay(basket)) == ["A1"]


def stop(token: str) -> None:
    with db.transaction():
        orders.stop_payment(token, at_kiosk())


def test_a_stopped_payment_ends_at_the_terminal_and_keeps_the_seats(screening: Screening) -> None:
    basket = start_payment(screening, "A1")
    stop(basket.token)
    purchases.run_due_work()
    assert terminals().view(KIOSK).state == "cancelled"
    assert purchases.order(basket.token).is_awaiting_payment


def test_a_card_that_is_approved_while_the_payment_is_stopped_buys_the_tickets(screening: Screening) -> None:
    basket = start_payment(screening, "A1")
    act(basket, "insert", "approve")
    stop(basket.token)
    purchases.run_due_work()
    after = purchases.order(basket.token)
    assert (valid_tickets(after), refunds(after)) == (["A1"], [])
    with pytest.raises(WrongState):
        stop(basket.token)


def test_a_card_that_is_approved_while_the_order_is_given_up_is_reversed(screening: Screening) -> None:
    basket = start_payment(screening, "A1")
    act(basket, "insert", "approve")
    with db.transaction():
        orders.abandon(basket.token, at_kiosk())
    ask_terminal()
    after = purchases.order(basket.token)
    assert (after.paid_at, valid_tickets(after)) == (None, [])
    assert refunds(after) == [(3800, "refunded")]
    assert reversed_amount() == 3800


def test_an_approval_that_is_learned_too_late_for_its_seats_is_reversed(screening: Screening) -> None:
    """Its seats belong to somebody else by now. The person has left the kiosk, so no other seats are offered."""
    basket = start_payment(screening, "A1")
    act(basket, "insert", "approve")
    terminals().be_silent(KIOSK, 600)
    expire(basket)
    purchases.buy(screening, [seat.seat_id for seat in basket.seats], "somebody else")
    terminals().be_silent(KIOSK, 0)
    for _ in range(2):
        ask_terminal()
    after = purchases.order(basket.token)
    assert (after.is_expired, valid_tickets(after)) == (True, [])
    assert refunds(after) == [(3800, "refunded")]
    assert reversed_amount() == 3800


def test_an_approval_that_is_learned_late_buys_the_seats_that_are_still_free(screening: Screening) -> None:
    basket = start_payment(screening, "A1")
    act(basket, "insert", "approve")
    terminals().be_silent(KIOSK, 600)
    expire(basket)
    terminals().be_silent(KIOSK, 0)
    ask_terminal()
    assert valid_tickets(purchases.order(basket.token)) == ["A1"]


def test_of_card_and_pix_that_both_paid_one_is_given_back(screening: Screening) -> None:
    basket = start_payment(screening, "A1")
    act(basket, "insert", "approve")
    terminals().be_silent(KIOSK, 600)
    with db.transaction():
        orders.change_method(basket.token, "pix", at_kiosk())
    purchases.run_due_work()
    purchases.pay(basket)
    terminals().be_silent(KIOSK, 0)
    for _ in range(2):
        ask_terminal()
    after = purchases.order(basket.token)
    assert (valid_tickets(after), refunds(after)) == (["A1"], [(3800, "refunded")])
    assert reversed_amount() == 3800


def test_cancelling_a_paid_order_reverses_the_card(screening: Screening) -> None:
    basket = start_payment(screening, "A1")
    act(basket, "insert", "approve")
    ask_terminal()
    with db.transaction():
        orders.cancel(basket.token)
    ask_terminal()
    after = purchases.order(basket.token)
    assert (after.is_refunded, valid_tickets(after), reversed_amount()) == (True, [], 3800)


def test_methods_of_web_and_kiosk_are_not_mixed_up(screening: Screening) -> None:
    basket = purchases.start_payment(screening, "A1")
    with pytest.raises(Invalid), db.transaction():
        orders.change_method(basket.token, "card_present", owner_of(basket))
    at_terminal = start_payment(screening, "A2", "bia")
    with pytest.raises(Invalid), db.transaction():
        orders.change_method(at_terminal.token, "card", at_kiosk("bia"))


def test_the_next_person_at_the_kiosk_never_pays_for_the_one_before(screening: Screening) -> None:
    left = start_payment(screening, "A1", "ana")
    basket = start_payment(screening, "A2", "bia")
    assert terminals().view(KIOSK).id == purchases.charge_id(basket)
    act(basket, "insert", "approve")
    ask_terminal()
    assert valid_tickets(purchases.order(basket.token)) == ["A2"]
    assert purchases.order(left.token).is_awaiting_payment
    assert kiosk_sales.reversed_amount() == 0
