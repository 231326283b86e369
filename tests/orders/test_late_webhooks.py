"""A payment is late by the time at which the customer paid, not by the time of the webhook."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from app.core import db
from app.core.messages import PaymentReceived
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from app.payments import service as payments
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.purchases import age_order, refunds, set_film_times, start_payment, valid_tickets
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")
LONG = 7200.0  # seconds before the bank sends its webhook, unless `send_webhook`


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo", cutoff=15)


def paid_without_webhook(screening: Screening, names: str, minutes: float = 30) -> OrderView:
    """An expired order that was paid `minutes` ago, before its deadline; its webhook has not come."""
    basket = start_payment(screening, names)
    purchases.bank().pay(purchases.charge_id(basket), report_after=LONG)
    age_order(basket, minutes)
    with db.transaction() as session:
        session.execute(
            text(
                "update sandbox_bank.payments set paid_at = paid_at - make_interval(mins => :minutes)"
                " where charge_id = :charge_id"
            ),
            {"minutes": minutes, "charge_id": purchases.charge_id(basket)},
        )
    purchases.run_ticks()
    expired = purchases.order(basket.token)
    assert expired.state == "expired"
    return expired


def send_webhook(basket: OrderView) -> OrderView:
    """Let the webhook come and the bank show the payment."""
    with db.transaction() as session:
        session.execute(text("update sandbox_bank.payments set visible_at = clock_timestamp()"))
        session.execute(text("update sandbox_bank.notifications set due_at = clock_timestamp()"))
    purchases.run_due_work()
    return purchases.order(basket.token)


def set_bank_time(basket: OrderView, expression: str) -> None:
    """Set the bank's time of payment to `expression` (SQL; `made` is when the charge was created)."""
    with db.transaction() as session:
        session.execute(
            text(
                f"update sandbox_bank.payments set paid_at = {expression} from"
                " (select created_at as made from payments.charges where order_id = :order_id) charge"
                " where charge_id = :charge_id"
            ),
            {"order_id": basket.id, "charge_id": purchases.charge_id(basket)},
        )


def receipt_and_charge(basket: OrderView) -> tuple[payments.Receipt, payments.Charge]:
    with db.reading():
        return payments.receipts_of(basket.id)[0], payments.charges_of(basket.id)[0]


def test_a_payment_in_time_keeps_its_seats_after_the_sales(screening: Screening) -> None:
    basket = paid_without_webhook(screening, "A4 A5")
    set_film_times(screening, started=20, ends=100)
    after = send_webhook(basket)
    assert (after.state, valid_tickets(after), refunds(after)) == ("paid", ["A4", "A5"], [])
    receipt, _ = receipt_and_charge(basket)
    assert receipt.received_at - receipt.paid_at > timedelta(minutes=29)


def test_a_payment_after_the_deadline_is_refunded(screening: Screening) -> None:
    """The control of the test above: only the time of payment differs."""
    basket = paid_without_webhook(screening, "A4 A5")
    set_film_times(screening, started=20, ends=100)
    set_bank_time(basket, "made + interval '25 minutes'")
    after = send_webhook(basket)
    assert (after.state, refunds(after)) == ("expired", [(7600, "refunded")])


def test_a_payment_in_time_for_sold_seats_is_offered_others(screening: Screening) -> None:
    basket = paid_without_webhook(screening, "A4 A5")
    purchases.buy(screening, seat_ids(seat_plan_of(screening), "A4 A5"), "eva")
    after = send_webhook(basket)
    assert (after.state, purchases.offered_seats(after), refunds(after)) == (
        "reseat_offered",
        ("A2", "A3"),
        [],
    )


def test_a_payment_for_a_cancelled_screening_is_refunded(screening: Screening) -> None:
    basket = paid_without_webhook(screening, "A4")
    with db.transaction() as session:  # by another process: this one has a cached programme
        session.execute(
            text(
                "update events.screenings set status = 'cancelled', cancel_reason = 'No light.' where id = :id"
            ),
            {"id": screening.id},
        )
    after = send_webhook(basket)
    assert (after.state, refunds(after)) == ("expired", [(3800, "refunded")])


def test_a_payment_of_an_abandoned_order_is_refunded(screening: Screening) -> None:
    basket = start_payment(screening, "A4")
    purchases.bank().pay(purchases.charge_id(basket), report_after=LONG)
    with db.transaction():
        orders.abandon(basket.token, owner_of(basket))
    after = send_webhook(basket)
    assert (after.state, refunds(after)) == ("cancelled", [(3800, "refunded")])


@pytest.mark.parametrize(
    "bank_time",
    [
        "null",
        "clock_timestamp() + interval '40 minutes'",
        "made - interval '6 minutes'",
        "timestamptz '1970-01-01 00:00Z'",
        "timestamptz '9999-12-31 23:59Z'",
    ],
)
def test_an_implausible_time_counts_as_now(screening: Screening, bank_time: str) -> None:
    basket = paid_without_webhook(screening, "A4")
    set_film_times(screening, started=20, ends=100)
    set_bank_time(basket, bank_time)
    after = send_webhook(basket)
    assert (after.state, refunds(after)) == ("expired", [(3800, "refunded")])
    receipt, _ = receipt_and_charge(basket)
    assert abs(receipt.received_at - receipt.paid_at) < timedelta(minutes=1)


def test_a_bank_clock_a_little_behind_is_accepted(screening: Screening) -> None:
    basket = paid_without_webhook(screening, "A4")
    set_film_times(screening, started=20, ends=100)
    set_bank_time(basket, "made - interval '4 minutes'")
    assert send_webhook(basket).state == "paid"
    receipt, charge = receipt_and_charge(basket)
    assert receipt.paid_at == charge.created_at, "nobody pays a charge before it is made"


def test_a_message_of_an_older_version_counts_when_it_is_read(screening: Screening) -> None:
    basket = start_payment(screening, "A4")
    purchases.bank().pay(purchases.charge_id(basket))
    with db.transaction() as session:
        receipt_id = session.execute(
            text(
                "insert into payments.receipts (id, charge_id, order_id, provider, provider_receipt_id, amount)"
                " select gen_random_uuid(), c.id, c.order_id, c.provider, p.receipt_id, p.amount"
                " from payments.charges c join sandbox_bank.payments p on p.charge_id = c.provider_charge_id"
                " returning id"
            )
        ).scalar_one()
        payload = {
            "receipt_id": str(receipt_id),
            "charge_id": str(basket.id),
            "order_id": str(basket.id),
            "amount": 3800,
        }
        session.execute(
            text(
                "insert into core.outbox (message_id, consumer, kind, payload)"
                " values (gen_random_uuid(), 'orders', :kind, cast(:payload as jsonb))"
            ),
            {"kind": PaymentReceived.__name__, "payload": json.dumps(payload)},
        )
    purchases.run_due_work()
    assert purchases.order(basket.token).state == "paid"
    receipt, _ = receipt_and_charge(basket)
    assert isinstance(receipt.paid_at, datetime)
    assert receipt.paid_at == receipt.received_at
