"""What webhooks report of a partner's order, from its payment on; of other orders nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.core import config, db
from app.core.actor import Actor
from app.core.config import Settings
from app.core.partner_events import ORDER_PAID
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from tests.actors import visitor_actor
from tests.orders import purchases
from tests.orders.purchases import STUDENT
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.users.webhook_receiver import Receiver, receiving, work


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo")


@pytest.fixture
def receiver(app: object, settings: Settings) -> Iterator[Receiver]:
    config.use(settings.changed(webhooks={"loopback": True}))
    with receiving() as found:
        found.activate()
        yield found


def bought(screening: Screening, names: str, actor: Actor) -> OrderView:
    with db.transaction():
        begun = orders.start_with_seats(
            screening.id, seat_ids(seat_plan_of(screening), names), actor, once=f"the form {names}"
        )
    basket = purchases.order(begun.token)
    basket = purchases.choose(basket, [STUDENT, *[purchases.FULL] * (len(basket.seats) - 1)])
    return purchases.pay(purchases.check_out(basket))


def of_partner(receiver: Receiver) -> Actor:
    return Actor(visitor="of the partner", channel="api", partner_id=receiver.partner.id)


def told(receiver: Receiver) -> dict[str, dict[str, Any]]:
    """Type → data of the events that came; each came once."""
    work()
    bodies = [json.loads(one.body) for one in receiver.requests]
    receiver.requests.clear()
    found = {body["type"]: body["data"] for body in bodies}
    assert len(found) == len(bodies)
    return found


def test_a_paid_order_is_reported_to_its_partner_alone(screening: Screening, receiver: Receiver) -> None:
    bought(screening, "A1", visitor_actor())
    assert told(receiver) == {}
    order = bought(screening, "A2 A3", of_partner(receiver))
    data = told(receiver)[ORDER_PAID]
    half, full = order.seats
    assert data == {
        "order": {"code": order.code, "state": "paid"},
        "screening": screening.id,
        "seats": [
            {"seat": half.seat_id, "type": "half", "price": half.price},
            {"seat": full.seat_id, "type": "full", "price": full.price},
        ],
        "items": [],
        "total": order.total,
    }


def test_nothing_about_the_buyer_and_no_token_is_sent(screening: Screening, receiver: Receiver) -> None:
    order = bought(screening, "A1", of_partner(receiver))
    work()
    sent = " ".join(one.body.decode() for one in receiver.requests)
    assert order.code in sent
    for secret in (order.token, "ana@example.org", "Ana", "student", "qr", str(order.id)):
        assert secret not in sent
