"""A purchase from seats to tickets through the services: charges, claims, tickets."""

from __future__ import annotations

import pytest

from app.core import db
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import AlreadyStarted
from app.payments import brcode
from app.payments import service as payments
from app.tickets import service as tickets
from tests.actors import visitor_actor
from tests.orders import purchases
from tests.orders.purchases import FULL, SENIOR, STUDENT
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo", "vvvv")


def seats(screening: Screening, names: str) -> tuple[int, ...]:
    return seat_ids(seat_plan_of(screening), names)


def test_a_purchase_ends_in_signed_tickets_at_the_servers_prices(screening: Screening) -> None:
    basket = purchases.start(screening, seats(screening, "A4 B1"))
    assert [seat.name for seat in basket.seats] == ["A4", "B1"]
    assert (basket.state, basket.total) == ("draft", 3800 + 4600)
    basket = purchases.choose(basket, [FULL, STUDENT])
    assert basket.total == 3800 + 2300
    paid = purchases.pay(purchases.check_out(basket))
    assert (paid.state, paid.total) == ("paid", 6100)
    with db.reading():
        issued = tickets.of_order(paid.id)
    assert [(ticket.seat_name, ticket.ticket_type, ticket.half_kind, ticket.price) for ticket in issued] == [
        ("A4", "full", None, 3800),
        ("B1", "half", "student", 2300),
    ]


def test_the_same_form_twice_is_one_order(screening: Screening) -> None:
    first = purchases.start(screening, seats(screening, "A1"), once="once-token-1")
    with pytest.raises(AlreadyStarted) as again:
        purchases.start(screening, seats(screening, "A1"), once="once-token-1")
    assert again.value.token == first.token
    with pytest.raises(AlreadyStarted), db.transaction():
        orders.start_with_best(screening.id, 1, visitor_actor(), once="once-token-1")
    with db.reading():
        from app.reservations import service as reservations

        assert len(reservations.seat_states(screening.id)) == 1


def test_half_price_counts_against_the_forty_per_cent_but_for_seniors(screening: Screening) -> None:
    basket = purchases.start(screening, seats(screening, "A1 A2 A3"))
    purchases.choose(basket, [STUDENT, SENIOR, FULL])
    with db.reading():
        assert orders.half_price_left(screening.id) == (5, 6)


def test_the_pix_code_names_the_city_of_the_screenings_cinema(screening: Screening) -> None:
    basket = purchases.start_payment(screening, "A1")
    with db.reading():
        code = payments.charges_of(basket.id)[-1].pix_code
    assert brcode.decode(code or "").merchant_city == screening.cinema.city == "Recife"
