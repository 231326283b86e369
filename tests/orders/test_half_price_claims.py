"""After a late payment exceeds the half-price quota, orders keep their claims, and none gets more."""

from __future__ import annotations

import pytest

from app.core import db
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import HalfPriceGone, OrderView
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.purchases import FULL, STUDENT, expire, start_payment
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo")


@pytest.fixture
def basket(screening: Screening) -> OrderView:
    """A basket with two half-price seats; then a late payment takes all four places of the quota."""
    late_one = expire(start_payment(screening, "A1 A2 A3 A4", "eva", choices=[STUDENT] * 4))
    basket = purchases.start(screening, seat_ids(seat_plan_of(screening), "A6 A7 A8"))
    basket = purchases.choose(basket, choices=[STUDENT, STUDENT, FULL])
    assert purchases.pay(late_one, stubborn=True).state == "paid"
    with db.reading():
        assert orders.half_price_left(screening.id) == (0, 4)
    return basket


def test_a_claim_can_move_between_seats(basket: OrderView) -> None:
    assert purchases.choose(basket, choices=[FULL, STUDENT, STUDENT]).total == 3800 + 2 * 1900


def test_a_change_of_seats_reduces_the_claim(screening: Screening, basket: OrderView) -> None:
    with db.transaction():
        orders.change_seats(basket.token, seat_ids(seat_plan_of(screening), "A7 A8 A9"), owner_of(basket))
    assert purchases.order(basket.token).seats_total == 1900 + 2 * 3800


def test_a_claim_cannot_grow(basket: OrderView) -> None:
    with pytest.raises(HalfPriceGone):
        purchases.choose(basket, choices=[STUDENT] * 3)
    with db.transaction():
        orders.choose_types(
            basket.token, dict.fromkeys((seat.seat_id for seat in basket.seats), FULL), owner_of(basket)
        )
    with pytest.raises(HalfPriceGone):  # a claim that was released cannot be taken again
        purchases.choose(basket, choices=[STUDENT, FULL, FULL])
