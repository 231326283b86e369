"""A free screening: its tickets are issued at checkout, without a charge."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import cache, db
from app.core.errors import Invalid
from app.events import service as events
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderOver, OrderView, WrongState
from app.payments import service as payments
from app.reservations import service as reservations
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.orders.purchases import FULL, STUDENT, valid_tickets
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def screening(app: object) -> Screening:
    made = make_screening("oooooooooo")
    with db.transaction() as session:
        session.execute(text("update events.screening_prices set price = 0"))
    cache.clear_all()
    with db.reading():
        return events.screening(made.id)


def start(screening: Screening, names: str = "A4 A5") -> OrderView:
    return purchases.start(screening, seat_ids(seat_plan_of(screening), names))


def take(basket: OrderView, name: str = "Ana Souza") -> OrderView:
    with db.transaction():
        return orders.check_out(
            basket.token, owner_of(basket), name=name, email="ana@example.org", cpf="", method=""
        )


def messages(kind: str) -> int:
    with db.reading() as session:
        query = text("select count(*) from core.outbox where kind = :kind")
        return session.execute(query, {"kind": kind}).scalar_one()


def test_tickets_are_issued_at_once_without_a_charge(screening: Screening) -> None:
    basket = purchases.choose(start(screening), [FULL, STUDENT])
    assert take(basket).is_paid
    paid = purchases.order(basket.token)
    assert (paid.state, paid.total, paid.name, paid.email) == ("paid", 0, "Ana Souza", "ana@example.org")
    assert valid_tickets(paid) == ["A4", "A5"]
    with db.reading():
        assert payments.charges_of(paid.id) == []
        assert orders.half_price_left(screening.id) == (3, 4)
        assert set(reservations.seat_states(screening.id).values()) == {None}
    assert messages("OrderPaid") == 1
    with pytest.raises(WrongState):
        take(basket)
    assert messages("OrderPaid") == 1


def test_the_buyer_must_still_be_known(screening: Screening) -> None:
    basket = purchases.choose(start(screening))
    with pytest.raises(Invalid):
        take(basket, name="")
    assert purchases.order(basket.token).state == "draft"


def test_concessions_of_a_free_screening_are_paid(screening: Screening) -> None:
    popcorn = add_product(screening, price=2100)
    basket = purchases.choose(start(screening), items={popcorn: 1})
    with pytest.raises(Invalid):
        take(basket)
    assert purchases.pay(purchases.check_out(basket)).total == 2100


def test_no_tickets_after_the_seats_are_lost(screening: Screening) -> None:
    basket = purchases.choose(start(screening, "A4"))
    purchases.age_order(basket, 30)
    purchases.start(screening, [seat.seat_id for seat in basket.seats], "eva")
    with db.transaction() as session:  # a clock that runs behind
        session.execute(text("update orders.orders set deadline = clock_timestamp() + interval '1 minute'"))
    with pytest.raises(OrderOver):
        take(basket)
    assert valid_tickets(basket) == []


def test_a_cancelled_free_order_has_no_refund(screening: Screening) -> None:
    mine, other = (purchases.choose(start(screening, names)) for names in ("A1", "A2"))
    take(mine)
    take(other)
    with db.transaction():
        orders.cancel(mine.token)
    purchases.run_due_work()
    assert purchases.order(mine.token).state == "cancelled"
    with db.transaction():
        events.cancel_screening(screening.id, "No light.")
    purchases.run_due_work()
    assert purchases.order(other.token).end_reason == "called_off"
    assert valid_tickets(mine) == valid_tickets(other) == []
    assert messages("RefundRequested") == 0
