"""What the clock deletes of orders: those never paid, and the buyers of old ones. Money leaves its record."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from app.core.errors import NotFound
from app.events.service import Screening
from app.orders import retention
from app.orders import service as orders
from app.orders.service import OrderView
from app.payments import service as payments
from tests.actors import owner
from tests.orders import buying
from tests.orders.counter import stock
from tests.reservations.rooms import ids, make_screening, plan_of
from tests.traces import traces

pytestmark = pytest.mark.usefixtures("app")

NAME, EMAIL, CPF = "Ana Souza", "ana@example.org", "52998224725"


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo")


def check_out(basket: OrderView) -> OrderView:
    """As buyers do who give a CPF."""
    with db.transaction():
        orders.check_out(basket.token, owner(basket), name=NAME, email=EMAIL, cpf=CPF, method="pix")
    buying.work()
    return buying.order(basket.token)


def awaiting(screening: Screening, names: str, visitor: str = "ana") -> OrderView:
    basket = buying.start(screening, ids(plan_of(screening), names), visitor)
    return check_out(buying.choose(basket))


def expired(screening: Screening, names: str, visitor: str = "ana") -> OrderView:
    """Its time has run out, the bank has ended its charge, and the clock has looked for the last time."""
    order = buying.late(awaiting(screening, names, visitor))
    buying.work()
    with db.transaction() as session:
        session.execute(
            text(
                "update payments.charges set next_check_at = null where order_id = :id and state = 'cancelled'"
            ),
            {"id": order.id},
        )
    return order


def days_pass(order: OrderView, days: int) -> None:
    with db.transaction() as session:
        session.execute(
            text(
                "update orders.orders set ended_at = ended_at - make_interval(days => :days),"
                " paid_at = paid_at - make_interval(days => :days) where id = :id"
            ),
            {"id": order.id, "days": days},
        )


def is_there(order: OrderView) -> bool:
    try:
        buying.order(order.token)
    except NotFound:
        return False
    return True


def test_an_order_that_was_never_paid_goes_with_all_of_its_buyer(screening: Screening) -> None:
    popcorn = stock(screening)
    basket = buying.start(screening, ids(plan_of(screening), "A1 A2"))
    order = buying.late(check_out(buying.choose(basket, [buying.FULL, buying.STUDENT], {popcorn: 1})))
    buying.work()
    with db.transaction() as session:
        session.execute(text("update payments.charges set next_check_at = null where state = 'cancelled'"))
    assert order.state == "expired"
    assert traces(EMAIL, NAME, CPF) >= {"orders.orders", "payments.charges"}
    days_pass(order, 29)
    retention.by_the_clock()
    assert is_there(order)
    days_pass(order, 2)
    retention.by_the_clock()
    assert not is_there(order)
    assert traces(EMAIL, NAME, CPF) == set()
    assert traces(str(order.id)) <= {"products.stock_claims", "core.outbox", "core.processed"}
    assert traces(str(order.reservation_id)) <= {"core.outbox", "core.processed"}


def test_what_is_open_or_paid_stays(screening: Screening) -> None:
    draft = buying.start(screening, ids(plan_of(screening), "A1"))
    waiting = awaiting(screening, "A3", "eva")
    paid = buying.pay(awaiting(screening, "A5", "rui"))
    for one in (draft, waiting, paid):
        days_pass(one, 31)
    retention.by_the_clock()
    assert [is_there(one) for one in (draft, waiting, paid)] == [True, True, True]
    assert buying.order(paid.token).cpf == CPF


def test_an_order_whose_charge_has_not_ended_is_left_for_later(screening: Screening) -> None:
    """Money may still come: it must find its order."""
    order = buying.late(awaiting(screening, "A1"))
    with db.transaction() as session:
        session.execute(
            text("update payments.charges set state = 'cancelling' where order_id = :id"), {"id": order.id}
        )
    younger = expired(screening, "A3", "eva")
    days_pass(order, 40)
    days_pass(younger, 31)
    with db.transaction():
        place = retention.delete_unpaid(30, most=1)
    assert place is not None
    with db.transaction():
        retention.delete_unpaid(30, most=1, after=place)
    assert is_there(order)
    assert not is_there(younger)


def test_money_that_came_and_went_back_leaves_a_record_without_its_buyer(screening: Screening) -> None:
    order = awaiting(screening, "A1")
    with db.transaction():
        orders.abandon(order.token, owner(order))
    bank_id = buying.charge_id(order)
    buying.bank().pay(bank_id)
    buying.work()
    buying.work()
    assert buying.refunds(order) == [(3800, "refunded")]
    with db.transaction() as session:
        session.execute(text("update payments.charges set next_check_at = null"))
        session.execute(text("delete from core.outbox"))
    days_pass(order, 31)
    retention.by_the_clock()
    kept = buying.order(order.token)
    assert (kept.code, kept.total, kept.name, kept.email, kept.cpf) == (order.code, 3800, None, None, None)
    assert traces(EMAIL, NAME, CPF) == set()
    with db.reading():
        assert [one.amount for one in payments.receipts_of(order.id)] == [3800]


def test_money_that_did_not_go_back_keeps_its_buyer(screening: Screening) -> None:
    """Somebody must still be able to reach them."""
    order = awaiting(screening, "A1")
    with db.transaction():
        orders.abandon(order.token, owner(order))
    bank_id = buying.charge_id(order)
    buying.bank().refunds_will(bank_id, "fail")
    buying.bank().pay(bank_id)
    buying.work()
    buying.work()
    assert buying.refunds(order) == [(3800, "refund_failed")]
    days_pass(order, 31)
    retention.by_the_clock()
    assert buying.order(order.token).email == EMAIL


def test_buyers_are_taken_out_of_old_sales(screening: Screening, settings: Settings) -> None:
    paid = buying.pay(awaiting(screening, "A1"))
    with db.transaction() as session:
        session.execute(text("delete from core.outbox"))
    days_pass(paid, settings.retention.buyer_days - 1)
    retention.by_the_clock()
    assert buying.order(paid.token).email == EMAIL
    days_pass(paid, 2)
    retention.by_the_clock()
    kept = buying.order(paid.token)
    assert (kept.state, kept.total, kept.code) == ("paid", 3800, paid.code)
    assert traces(EMAIL, NAME, CPF) == set()
    assert buying.valid_tickets(paid) == ["A1"]


def test_how_long_is_a_setting(screening: Screening, settings: Settings) -> None:

    config.use(settings.changed(retention={"unpaid_days": 3}))
    order = expired(screening, "A1")
    days_pass(order, 4)
    retention.by_the_clock()
    assert not is_there(order)
