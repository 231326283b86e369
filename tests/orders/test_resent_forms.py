"""A form that is sent again with the same seats or others: a page of the browser's history keeps its once-token."""

from __future__ import annotations

from typing import Any

import pytest

from app.core import db
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import AlreadyStarted, Started, StartedWithOtherSeats
from app.reservations import service as reservations
from app.reservations.service import SeatsLost
from tests.actors import visitor_actor
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")
ONCE = "the-token-of-one-page"


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo", "oooooooooo")


def take(screening: Screening, names: str, **options: Any) -> Started:
    with db.transaction():
        return orders.start_with_seats(
            screening.id,
            seat_ids(seat_plan_of(screening), names),
            visitor_actor(),
            once=ONCE,
            **options,
        )


def best(screening: Screening, quantity: int) -> Started:
    with db.transaction():
        return orders.start_with_best(screening.id, quantity, visitor_actor(), once=ONCE)


def held(screening: Screening) -> int:
    with db.reading():
        return len(reservations.seat_states(screening.id))


@pytest.mark.parametrize("again", ["A5", "A1 A2 A3", "A2", "B1 B2"])
def test_other_seats_are_a_change_of_the_first_basket(screening: Screening, again: str) -> None:
    first = take(screening, "A1 A2")
    for one_neighbour_left in (True, False):
        with pytest.raises(StartedWithOtherSeats) as other:
            take(screening, again, single_seat_rule=one_neighbour_left)
        assert other.value.token == first.token
    assert held(screening) == 2


def test_lost_seats_are_reported_by_the_change_of_the_basket(screening: Screening) -> None:
    first = take(screening, "A1")
    purchases.start(screening, seat_ids(seat_plan_of(screening), "A5"), "eva")
    with pytest.raises(StartedWithOtherSeats), db.reading():
        orders.ensure_free(screening.id, seat_ids(seat_plan_of(screening), "A5"), visitor_actor(), once=ONCE)
    with pytest.raises(SeatsLost), db.transaction():
        orders.change_seats(first.token, seat_ids(seat_plan_of(screening), "A5"), visitor_actor())


def test_an_abandoned_basket_does_not_answer_the_form(screening: Screening) -> None:
    tokens = []
    for names in ("A1", "A1", "A5"):
        tokens.append(take(screening, names).token)
        with pytest.raises(AlreadyStarted) as before:
            take(screening, names)
        assert before.value.token == tokens[-1]
        with db.transaction():
            orders.abandon(tokens[-1], visitor_actor())
    assert len(set(tokens)) == 3


def test_an_overdue_basket_does_not_answer_the_form(screening: Screening) -> None:
    first = take(screening, "A1")
    purchases.age_order(purchases.order(first.token), 60)
    assert take(screening, "A1").token != first.token, "even before a tick has seen it"


def test_a_paid_order_answers_only_for_its_own_seats(screening: Screening) -> None:
    first = take(screening, "A1")
    paid = purchases.pay(purchases.check_out(purchases.choose(purchases.order(first.token))))
    assert paid.state == "paid"
    with pytest.raises(AlreadyStarted):
        take(screening, "A1")
    second = take(screening, "A5")
    assert (second.token != first.token, second.replaces) == (True, None)


def test_another_quantity_replaces_the_first_basket(screening: Screening) -> None:
    first = best(screening, 2)
    with pytest.raises(AlreadyStarted):
        best(screening, 2)
    second = best(screening, 3)
    assert second.replaces == first.token
    with pytest.raises(AlreadyStarted) as before:
        best(screening, 3)
    assert before.value.token == second.token
    assert best(screening, 1).replaces == second.token


def test_an_order_that_awaits_payment_is_not_replaced(screening: Screening) -> None:
    first = best(screening, 2)
    purchases.check_out(purchases.choose(purchases.order(first.token)))
    assert best(screening, 3).replaces is None
