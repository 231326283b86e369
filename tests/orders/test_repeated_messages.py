"""Messages that come twice, in reversed order, and once more at the end: the purchase ends as it does in order.

A queue promises neither an order nor one delivery: SQS repeats messages, and two workers overtake each other.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from app.core.deliveries import Delivery, DeliverySource
from app.core.handling import handle
from app.core.messages import CONSUMERS
from app.core.outbox_source import OutboxSource
from app.core.partner_events import ORDER_PAID, ORDER_REFUNDED, TICKETS_ISSUED
from app.core.relay import Relay
from app.core.sqs_source import SqsSource
from app.dispatch import routes
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from app.payments import checks as payment_checks
from app.payments import service as payments
from app.tickets import documents
from tests.core.sqs_server import sqs
from tests.orders import purchases
from tests.orders.test_partner_events import of_partner
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.users import webhook_receiver
from tests.users.webhook_receiver import Receiver, receiving


class Disorder:
    """Handles deliveries in reversed order, each twice. `move` moves messages to where `source` leases them."""

    def __init__(self, source: DeliverySource, move: Callable[[], object]) -> None:
        self._source = source
        self._move = move
        self._routes = routes()
        self._handled: list[Delivery] = []

    def handle_due(self) -> None:
        """Handle all that is due, and what follows from it."""
        while self.handle_round():
            payment_checks.deliver_sandbox_notifications()

    def handle_round(self) -> int:
        """Handle what is due now; what follows from it waits. Returns how many."""
        batch = self._lease()
        self._handle([delivery for delivery in reversed(batch) for _ in range(2)])
        self._handled += batch
        return len(batch)

    def repeat(self) -> None:
        """Deliver each message once more, the newest first, long after it was handled."""
        self._handle(self._handled[::-1])
        self.handle_due()

    def kinds(self) -> set[str]:
        return {delivery.kind for delivery in self._handled}

    def _lease(self) -> list[Delivery]:
        self._move()
        found: list[Delivery] = []
        while batch := self._source.lease(CONSUMERS, most=10, seconds=300):
            found += batch
        return found

    def _handle(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            handle(delivery, self._source, self._routes)


@pytest.fixture(params=["outbox", "sqs"])
def disorder(request: pytest.FixtureRequest, app: Flask) -> Iterator[Disorder]:
    if request.param == "outbox":
        yield Disorder(OutboxSource(), lambda: None)
        return
    with sqs() as (queues, _):
        yield Disorder(SqsSource(queues), Relay(queues).move_due)


@pytest.fixture
def receiver(disorder: Disorder, settings: Settings) -> Iterator[Receiver]:
    shutil.rmtree(settings.mail_folder, ignore_errors=True)
    config.use(settings.changed(webhooks={"loopback": True}))
    with receiving() as found:
        disorder.handle_due()  # the ping
        found.requests.clear()
        yield found


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooooo")


def pay(screening: Screening, receiver: Receiver, disorder: Disorder) -> OrderView:
    """An order of the partner that is paid, whose bank sends its webhook twice. Its last messages are not handled."""
    seats = seat_ids(seat_plan_of(screening), "A1 A2")
    with db.transaction():
        begun = orders.start_with_seats(screening.id, seats, of_partner(receiver), once="the form")
    basket = purchases.choose(purchases.order(begun.token))
    with db.transaction():
        orders.check_out(
            basket.token, of_partner(receiver), name="Ana", email="ana@example.org", cpf="", method="pix"
        )
    disorder.handle_due()
    purchases.bank().pay(purchases.charge_id(basket), webhooks=2)
    payment_checks.deliver_sandbox_notifications()
    return purchases.order(basket.token)


def end(order: OrderView) -> dict[str, object]:
    """What must not depend on how messages come: state, money, tickets, PDF, and what is left in the outbox."""
    with db.reading() as session:
        charges = [one.state for one in payments.charges_of(order.id)]
        left = session.execute(text("select kind from core.outbox where dead_at is not null")).scalars().all()
    return {
        "state": purchases.order(order.token).state,
        "charges": charges,
        "refunds": purchases.refunds(order),
        "tickets": purchases.valid_tickets(order),
        "pdf": documents.storage().exists(documents.storage_key(order.id, 1)),
        "dead": left,
    }


def told(receiver: Receiver) -> list[str]:
    """The events that the partner was told of, by id."""
    webhook_receiver.work()
    return sorted(kind for kind, _ in set(receiver.events()))


def test_a_paid_order(
    screening: Screening, receiver: Receiver, disorder: Disorder, settings: Settings
) -> None:
    order = pay(screening, receiver, disorder)
    disorder.handle_due()
    paid = {
        "state": "paid",
        "charges": ["confirmed"],
        "refunds": [],
        "tickets": ["A1", "A2"],
        "pdf": True,
        "dead": [],
    }
    assert end(order) == paid
    disorder.repeat()
    assert end(order) == paid
    assert {
        "ChargeRequested",
        "ProviderHinted",
        "OrderPaid",
        "TicketsReady",
        "WebhooksDue",
    } <= disorder.kinds()
    assert told(receiver) == [ORDER_PAID, TICKETS_ISSUED]
    assert len(list(settings.mail_folder.glob("*.eml"))) == 1, "a repeated mail has the same id"


@pytest.mark.parametrize("disorder", ["outbox"], indirect=True)
def test_an_order_that_is_cancelled_before_its_messages_are_handled(
    screening: Screening, receiver: Receiver, disorder: Disorder
) -> None:
    order = pay(screening, receiver, disorder)
    while purchases.order(order.token).state != "paid":
        disorder.handle_round()
    with db.transaction():
        orders.cancel(order.token)
    for act in (disorder.handle_due, disorder.repeat):
        act()
        assert end(order) == {
            "state": "refunded",
            "charges": ["confirmed"],
            "refunds": [(order.total, "refunded")],
            "tickets": [],
            "pdf": False,
            "dead": [],
        }
    assert told(receiver) == [ORDER_PAID, ORDER_REFUNDED, TICKETS_ISSUED]
