"""Cancelled and called-off orders: one refund, revoked tickets, free seats and stock, offers to the waiting list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import cache, db
from app.core.errors import Conflict
from app.events import service as events
from app.events.service import Screening
from app.orders import handlers
from app.orders import service as orders
from app.orders.service import OrderOver, OrderView, WrongState
from app.payments import service as payments
from app.products import service as products
from app.reservations import service as reservations
from app.tickets import service as tickets
from app.tickets.service import AlreadyAdmitted
from tests.actors import door_actor, owner_of, visitor_actor
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.orders.purchases import FULL, STUDENT
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo", "vvvv", starts_in=timedelta(minutes=20))


def seats(screening: Screening, names: str) -> tuple[int, ...]:
    return seat_ids(seat_plan_of(screening), names)


def cancel(basket: OrderView) -> OrderView:
    with db.transaction():
        orders.cancel(basket.token)
    purchases.run_due_work()
    return purchases.order(basket.token)


def refunds(basket: OrderView) -> list[tuple[int, str]]:
    with db.reading():
        return [(one.amount, one.state) for one in payments.refunds_of(basket.id)]


def mails(template: str) -> list[dict[str, object]]:
    with db.reading() as session:
        rows = session.execute(
            text(
                "select payload from core.outbox where kind = 'NoticeRequested' and payload->>'template' = :template"
            ),
            {"template": template},
        )
        return [row.payload for row in rows]


def states(basket: OrderView) -> list[str]:
    with db.reading():
        return [ticket.state for ticket in tickets.of_order(basket.id)]


def test_a_cancelled_order_gives_everything_back(screening: Screening) -> None:
    popcorn = add_product(screening, on_hand=1)
    paid = purchases.buy(screening, seats(screening, "A1 A2"), choices=[FULL, STUDENT], items={popcorn: 1})
    ended = cancel(paid)
    assert (ended.state, ended.end_reason) == ("refunded", "customer")
    assert refunds(paid) == [(3800 + 1900 + 2100, "refunded")]
    assert states(paid) == ["revoked", "revoked"]
    with db.reading():
        assert reservations.seat_states(screening.id) == {}
        assert orders.half_price_left(screening.id) == (6, 6)
        assert products.menu(screening.cinema.id, "en")[0].available == 1
    assert len(mails("order_cancelled")) == len(mails("order_refunded")) == 1


def test_cancelled_twice_gives_back_once(screening: Screening) -> None:
    paid = purchases.buy(screening, seats(screening, "A1"))
    for _twice in range(2):
        cancel(paid)
    assert refunds(paid) == [(3800, "refunded")]


def test_the_seats_can_be_bought_again(screening: Screening) -> None:
    cancel(purchases.buy(screening, seats(screening, "A1 A2")))
    assert purchases.buy(screening, seats(screening, "A1 A2"), "eva").state == "paid"


def test_freed_seats_are_offered_to_the_waiting_list(screening: Screening) -> None:
    everybody = [
        purchases.buy(screening, seats(screening, names), visitor)
        for visitor, names in (("ana", "A1 A2 A3 A4 A5"), ("eva", "A6 A7 A8 A9 A10"), ("rui", "B1 B2 B3 B4"))
    ]
    with db.transaction():
        wish = reservations.join_waiting_list(screening, 2, "bia@example.com", visitor_actor("bia"))
    purchases.run_due_work()
    with db.reading():
        assert reservations.request(wish.token).state == "waiting"
    cancel(everybody[0])
    with db.reading():
        assert reservations.request(wish.token).state == "offered"
    with db.transaction():
        started = orders.start_from_offer(wish.token, visitor_actor("bia"))
    basket = purchases.order(started.token)
    assert len(basket.seats) == 2
    assert purchases.pay(purchases.check_out(purchases.choose(basket))).state == "paid"


def test_an_admitted_order_cannot_be_cancelled(screening: Screening) -> None:
    paid = purchases.buy(screening, seats(screening, "A1 A2"))
    with db.reading():
        first = tickets.of_order(paid.id)[0]
    with db.transaction():
        assert tickets.admit(
            first.qr_text, door_actor(), gate="1", screening_id=None, cinema_id=None
        ).admitted
    with pytest.raises(AlreadyAdmitted):
        cancel(paid)
    assert purchases.order(paid.token).state == "paid"
    assert (states(paid), refunds(paid)) == (["admitted", "valid"], [])


def test_an_order_cannot_be_cancelled_after_the_screening_began(screening: Screening) -> None:
    paid = purchases.buy(screening, seats(screening, "A1"))
    with db.transaction() as session:
        session.execute(
            text(
                "update events.screenings set starts_at = clock_timestamp() - interval '1 s',"
                " ends_at = clock_timestamp() + interval '2 hours' where id = :id"
            ),
            {"id": screening.id},
        )
    cache.clear_all()
    with pytest.raises(OrderOver):
        cancel(paid)
    assert not purchases.order(paid.token).can_cancel


def test_only_a_paid_order_is_cancelled(screening: Screening) -> None:
    with pytest.raises(WrongState):
        cancel(purchases.start(screening, seats(screening, "A1")))


def test_a_refund_that_the_bank_refuses_stays_visible(screening: Screening) -> None:
    paid = purchases.buy(screening, seats(screening, "A1"))
    purchases.bank().set_refund_mode(purchases.charge_id(paid), "fail")
    ended = cancel(paid)
    assert (ended.state, refunds(paid)) == ("cancelled", [(3800, "refund_failed")])
    assert mails("order_refunded") == []


def test_a_failed_part_is_included_in_the_later_refund(screening: Screening) -> None:
    """The refund of the concessions fails; then the cancelled order is refunded whole, with nothing left to retry."""
    paid = purchases.buy(screening, seats(screening, "A1"))
    purchases.bank().set_refund_mode(purchases.charge_id(paid), "fail")
    with db.transaction():
        payments.refund_order(paid.id, 1000, "stock")
    purchases.run_due_work()
    purchases.bank().set_refund_mode(purchases.charge_id(paid), "ok")
    ended = cancel(paid)
    assert (ended.state, refunds(paid)) == ("refunded", [(3800, "refunded")])
    with db.reading():
        assert payments.failed_refunds() == []


def test_a_cancellation_returns_concessions_that_were_sold_long_before(screening: Screening) -> None:
    """Sold claims are folded into the stock before the screening takes place."""
    popcorn = add_product(screening, on_hand=10)
    paid = purchases.buy(screening, seats(screening, "A1"), items={popcorn: 4})
    with db.transaction() as session:
        session.execute(text("update products.stock_claims set changed_at = changed_at - interval '31 days'"))
        products.delete_old_claims(screening.cinema.id)
    cancel(paid)
    with db.reading():
        assert [item.available for item in products.menu(screening.cinema.id, "en")] == [10]


def test_called_off_by_the_cinema(screening: Screening) -> None:
    paid = purchases.buy(screening, seats(screening, "A1 A2"))
    waiting = purchases.check_out(purchases.choose(purchases.start(screening, seats(screening, "A4"), "eva")))
    draft = purchases.start(screening, seats(screening, "A6"), "rui")
    with db.transaction():
        events.cancel_screening(screening.id, "O projetor quebrou.")
    purchases.run_due_work()
    assert [purchases.order(one.token).state for one in (paid, waiting, draft)] == [
        "refunded",
        "cancelled",
        "cancelled",
    ]
    assert {purchases.order(one.token).end_reason for one in (paid, waiting, draft)} == {"called_off"}
    assert (refunds(paid), refunds(waiting)) == ([(7600, "refunded")], [])
    assert states(paid) == ["revoked", "revoked"]
    notices = mails("screening_cancelled")
    assert sorted(one["facts"]["amount"] for one in notices) == [0, 7600]  # type: ignore[index]
    assert all(one["facts"]["reason"] == "O projetor quebrou." for one in notices)  # type: ignore[index]


def test_started_in_the_second_of_the_calling_off(screening: Screening) -> None:
    with db.transaction():
        events.cancel_screening(screening.id, "O projetor quebrou.")
    purchases.run_due_work()
    with db.transaction() as session:  # as a process with an older cached programme sees it
        session.execute(text("update events.screenings set status = 'scheduled'"))
    cache.clear_all()
    late = purchases.start(screening, seats(screening, "A1"))
    with db.transaction() as session:
        session.execute(text("update events.screenings set status = 'cancelled'"))
    cache.clear_all()
    assert not purchases.order(late.token).is_open
    with pytest.raises(OrderOver), db.transaction():
        orders.check_out(
            late.token, owner_of(late), name="Ana", email="ana@example.com", cpf="", method="pix"
        )
    handlers.call_off_late_orders()
    purchases.run_due_work()
    assert purchases.order(late.token).end_reason == "called_off"


def test_tickets_go_out_again_on_demand(screening: Screening) -> None:
    paid = purchases.buy(screening, seats(screening, "A1"))
    with db.transaction():
        orders.resend_tickets(paid.token)
    with db.reading() as session:
        again = session.execute(
            text("select count(*) from core.outbox where kind = 'OrderPaid'")
        ).scalar_one()
    assert again == 2
    cancel(paid)
    with pytest.raises(Conflict), db.transaction():
        orders.resend_tickets(paid.token)
