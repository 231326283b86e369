"""After an erasure no mail goes to the person, wherever its message waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from email import message_from_bytes

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import config, db, outbox, worker
from app.core.config import Settings
from app.core.messages import NoticeRequested
from app.core.relay import Relay
from app.dispatch import routes
from app.events.service import Screening
from tests.aws_server import endpoint
from tests.cli.person import EMAIL, basket, make_account, output_of, stored
from tests.core.sqs_server import sqs
from tests.orders import purchases
from tests.reservations.auditoriums import seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("after_commands")


@pytest.fixture(params=["outbox", "sqs"])
def move_messages(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Callable[[], None]]:
    """A function that moves the messages to where workers take them from: on one machine they stay in the outbox."""
    if request.param == "outbox":
        yield lambda: None
        return
    with sqs() as (queues, _):
        address = f"sqs://{queues.name}?region=us-east-1&endpoint={endpoint()}"

        def move() -> None:
            config.use(settings.changed(queue={"url": address}))
            assert Relay(queues).move_due()

        yield move
    config.use(settings)


def notice(email: str, code: str, film: str) -> None:
    facts = {"amount": 3800, "order_code": code, "film": film}
    with db.transaction():
        outbox.publish(NoticeRequested("order_refunded", email, "en", facts))


def test_no_mail_follows_an_erasure_wherever_its_message_waits(
    app: Flask, screening: Screening, settings: Settings, move_messages: Callable[[], None]
) -> None:
    """Neither tickets nor notices, also of an order under another address; mails to others and later ones are sent."""
    paid = purchases.pay(basket(screening, "A1"))
    elsewhere = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A9"), "friend")
    user_id = make_account()
    with db.transaction() as session:
        session.execute(
            text("update orders.orders set user_id = :user where id = :id"),
            {"user": user_id, "id": elsewhere.id},
        )
    notice(EMAIL.upper(), "LUZ-4720", "Old")
    notice("friend@example.org", elsewhere.code, "Of the erased order")
    notice("friend@example.org", "SOL-4721", "Of another order")
    move_messages()
    output_of(app, "erase", EMAIL, "--yes")
    time.sleep(0.002)  # a message of the same millisecond counts as written before the erasure
    notice(EMAIL, "LUZ-4722", "Later")
    move_messages()
    worker.drain(routes(("tickets",)))
    worker.drain(routes(("users",)))
    assert not stored(paid)
    sent = [message_from_bytes(path.read_bytes()) for path in settings.mail_folder.glob("*.eml")]
    assert {mail["To"] for mail in sent} == {"friend@example.org", EMAIL}
    assert len(sent) == 2
