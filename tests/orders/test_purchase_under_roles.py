"""A purchase whose every part connects as its own role: pages, API, each service's worker and ticks, and the relay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app import dispatch
from app.core import db, outbox, worker
from app.core.config import SERVICES, Settings
from app.core.ladder import api_part
from app.core.messages import CONSUMERS, SeatsFreed
from app.core.relay import Relay
from app.core.sqs_source import SqsSource
from app.events.service import Screening
from app.orders import service as orders
from app.payments import checks as payment_checks
from app.payments import providers
from app.payments import service as payments
from app.tickets import service as tickets
from tests.actors import door_actor
from tests.api.buyer import Buyer
from tests.core.database_roles import connected_as, make_roles
from tests.core.sqs_server import sqs
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import Visitor, order_at


@pytest.fixture
def screening(app: Flask, database: str) -> Screening:
    make_roles(database)
    return make_screening("oooooooooo", starts_in=timedelta(minutes=30))


def run_workers() -> None:
    """Handle all due messages, each service's under its role, and the bank's notifications under that of payments."""
    done = 1
    while done:
        done = 0
        for service in SERVICES:
            with connected_as(service):
                done += worker.drain(dispatch.routes((service,)))
        with connected_as("payments"):
            done += payment_checks.deliver_sandbox_notifications()
    assert failures() == []


def failures() -> list[str]:
    """The errors of messages that a handler could not handle."""
    with db.reading() as session:
        found = session.execute(text("select last_error from core.outbox where last_error is not null"))
        return list(found.scalars())


def pay(charge_order: orders.OrderView) -> None:
    with connected_as("pages"):
        providers.sandbox().pay(purchases.charge_id(charge_order))
    run_workers()


def test_a_visitor_buys_and_is_admitted(app: Flask, screening: Screening, settings: Settings) -> None:
    add_product(screening)
    visitor = Visitor(app)
    with connected_as("pages"):
        path = visitor.start(screening, "A1 A2")
        visitor.choose_full(path)
        assert visitor.check_out(path).status_code == 303
    run_workers()
    pay(order_at(path))
    with connected_as("pages"):
        assert "A1" in visitor.get(path).get_data(as_text=True)
        assert visitor.get(f"{path}/tickets.pdf").mimetype == "application/pdf"
        with db.reading():
            first = tickets.of_order(order_at(path).id)[0]
        with db.transaction():
            admission = tickets.admit(first.code, door_actor(), gate="1", screening_id=screening.id)
    assert admission.verdict == "admitted"
    assert any(Path(settings.mail_folder).glob("*.eml"))


def test_a_partner_buys_over_the_api(app: Flask, demo: str) -> None:
    make_roles(demo)
    buyer = Buyer(app.test_client())
    with connected_as(api_part("orders")):
        order = buyer.with_types(buyer.begin())
    with connected_as(api_part("payments")):
        assert buyer.pay(order).status_code == 202
    run_workers()
    pay(purchases.order(order["token"]))
    with connected_as(api_part("tickets")):
        found = buyer.get(f"/orders/{order['token']}/tickets")
    assert len(found["items"]) == 2


def test_an_order_that_is_given_up_and_the_ticks(app: Flask, screening: Screening) -> None:
    """Each tick of each service runs under the service's role, with something to do for those of orders."""
    basket = purchases.start_payment(screening, "A3 A4")
    purchases.age_order(basket, 60)
    for service in SERVICES:
        for tick in dispatch.ticks((service,)):
            with connected_as(service):
                tick.function()
    run_workers()
    assert purchases.order(basket.token).state == "expired"
    with db.reading():
        assert [one.state for one in payments.charges_of(basket.id)] == ["cancelled"]


def test_the_relay_moves_the_messages(app: Flask, screening: Screening) -> None:
    with connected_as("pages"), db.transaction():
        outbox.publish(SeatsFreed(screening_id=screening.id))
    with sqs(CONSUMERS) as (queues, _):
        with connected_as("relay"):
            assert Relay(queues).move_due() == 1
        with connected_as("reservations"), db.transaction():
            source = SqsSource(queues)
            (delivery,) = source.lease(["reservations"], most=10, seconds=30)
            source.mark_done(delivery)
