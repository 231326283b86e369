"""Retention: unpaid orders are deleted, buyers of old orders erased, records of money kept."""

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
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.table_search import tables_containing

pytestmark = pytest.mark.usefixtures("app")

NAME, EMAIL, CPF = "Ana Souza", "ana@example.org", "52998224725"


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo")


def check_out(basket: OrderView) -> OrderView:
    """Check out with a CPF."""
    with db.transaction():
        orders.check_out(basket.token, owner_of(basket), name=NAME, email=EMAIL, cpf=CPF, method="pix")
    purchases.run_due_work()
    return purchases.order(basket.token)


def awaiting(screening: Screening, names: str, visitor: str = "ana") -> OrderView:
    basket = purchases.start(screening, seat_ids(seat_plan_of(screening), names), visitor)
    return check_out(purchases.choose(basket))


def expired(screening: Screening, names: str, visitor: str = "ana") -> OrderView:
    """An expired order whose charge has ended at the bank and had its last check."""
    order = purchases.expire(awaiting(screening, names, visitor))
    purchases.run_due_work()
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
        purchases.order(order.token)
    except NotFound:
        return False
    return True


def test_an_unpaid_order_is_deleted_with_all_data_of_its_buyer(screening: Screening) -> None:
    popcorn = add_product(screening)
    basket = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1 A2"))
    order = purchases.expire(
        check_out(purchases.choose(basket, [purchases.FULL, purchases.STUDENT], {popcorn: 1}))
    )
    purchases.run_due_work()
    with db.transaction() as session:
        session.execute(text("update payments.charges set next_check_at = null where state = 'cancelled'"))
    assert order.state == "expired"
    assert tables_containing(EMAIL, NAME, CPF) >= {"orders.orders", "payments.charges"}
    days_pass(order, 29)
    retention.delete_old_data()
    assert is_there(order)
    days_pass(order, 2)
    retention.delete_old_data()
    assert not is_there(order)
    assert tables_containing(EMAIL, NAME, CPF) == set()
    assert tables_containing(str(order.id)) <= {"products.stock_claims", "core.outbox", "core.processed"}
    assert tables_containing(str(order.reservation_id)) <= {"core.outbox", "core.processed"}


def test_open_and_paid_orders_stay(screening: Screening) -> None:
    draft = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1"))
    waiting = awaiting(screening, "A3", "eva")
    paid = purchases.pay(awaiting(screening, "A5", "rui"))
    for one in (draft, waiting, paid):
        days_pass(one, 31)
    retention.delete_old_data()
    assert [is_there(one) for one in (draft, waiting, paid)] == [True, True, True]
    assert purchases.order(paid.token).cpf == CPF


def test_an_order_whose_charge_has_not_ended_is_left_for_later(screening: Screening) -> None:
    """A payment may still come, and needs its order."""
    order = purchases.expire(awaiting(screening, "A1"))
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


def test_a_refunded_late_payment_leaves_a_record_without_its_buyer(screening: Screening) -> None:
    order = awaiting(screening, "A1")
    with db.transaction():
        orders.abandon(order.token, owner_of(order))
    bank_id = purchases.charge_id(order)
    purchases.bank().pay(bank_id)
    purchases.run_due_work()
    purchases.run_due_work()
    assert purchases.refunds(order) == [(3800, "refunded")]
    with db.transaction() as session:
        session.execute(text("update payments.charges set next_check_at = null"))
        session.execute(text("delete from core.outbox"))
    days_pass(order, 31)
    retention.delete_old_data()
    kept = purchases.order(order.token)
    assert (kept.code, kept.total, kept.name, kept.email, kept.cpf) == (order.code, 3800, None, None, None)
    assert tables_containing(EMAIL, NAME, CPF) == set()
    with db.reading():
        assert [one.amount for one in payments.receipts_of(order.id)] == [3800]


def test_a_payment_that_is_not_refunded_keeps_its_buyer(screening: Screening) -> None:
    """Staff must still be able to reach the buyer."""
    order = awaiting(screening, "A1")
    with db.transaction():
        orders.abandon(order.token, owner_of(order))
    bank_id = purchases.charge_id(order)
    purchases.bank().set_refund_mode(bank_id, "fail")
    purchases.bank().pay(bank_id)
    purchases.run_due_work()
    purchases.run_due_work()
    assert purchases.refunds(order) == [(3800, "refund_failed")]
    days_pass(order, 31)
    retention.delete_old_data()
    assert purchases.order(order.token).email == EMAIL


def test_buyers_of_old_orders_are_erased(screening: Screening, settings: Settings) -> None:
    paid = purchases.pay(awaiting(screening, "A1"))
    with db.transaction() as session:
        session.execute(text("delete from core.outbox"))
    days_pass(paid, settings.retention.buyer_days - 1)
    retention.delete_old_data()
    assert purchases.order(paid.token).email == EMAIL
    days_pass(paid, 2)
    retention.delete_old_data()
    kept = purchases.order(paid.token)
    assert (kept.state, kept.total, kept.code) == ("paid", 3800, paid.code)
    assert tables_containing(EMAIL, NAME, CPF) == set()
    assert purchases.valid_tickets(paid) == ["A1"]


def test_how_long_is_a_setting(screening: Screening, settings: Settings) -> None:

    config.use(settings.changed(retention={"unpaid_days": 3}))
    order = expired(screening, "A1")
    days_pass(order, 4)
    retention.delete_old_data()
    assert not is_there(order)
