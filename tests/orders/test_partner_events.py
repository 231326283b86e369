"""What webhooks report of a partner's order, from its payment on; of other orders nothing."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from app.core import config, db
from app.core.actor import Actor
from app.core.config import Settings
from app.core.partner_events import EVENTS, ORDER_PAID, ORDER_REFUNDED, TICKET_ADMITTED, TICKETS_ISSUED
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from app.tickets import offline_scans
from app.tickets import service as tickets
from app.tickets.admission_log import Door
from app.tickets.service import OfflineScan
from tests.actors import door_actor, visitor_actor
from tests.orders import purchases
from tests.orders.purchases import STUDENT
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.users.webhook_receiver import DOCUMENT, Receiver, receiving, work


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
    found = told(receiver)
    half, full = order.seats
    assert found.keys() == {ORDER_PAID, TICKETS_ISSUED}
    assert found[TICKETS_ISSUED]["order"] == {"code": order.code}
    assert found[TICKETS_ISSUED]["tickets"] == [
        {"serial": f"{order.code}-1", "seat": half.seat_id, "type": "half", "price": half.price},
        {"serial": f"{order.code}-2", "seat": full.seat_id, "type": "full", "price": full.price},
    ]
    assert found[ORDER_PAID] == {
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


def test_an_admission_is_reported_whether_the_door_has_a_network_or_not(
    screening: Screening, receiver: Receiver
) -> None:
    order, other = bought(screening, "A1 A2", of_partner(receiver)), bought(screening, "A3", visitor_actor())
    purchases.set_film_times(screening, started=-5, ends=90)
    with db.transaction() as session:
        session.execute(text("update tickets.issues set starts_at = clock_timestamp()"))
    told(receiver)
    with db.reading():
        (first, second), (third,) = tickets.of_order(order.id), tickets.of_order(other.id)
    with db.transaction():
        assert tickets.admit(first.qr_text, door_actor(), gate="1").verdict == "admitted"
        assert tickets.admit(third.qr_text, door_actor(), gate="1").verdict == "admitted"
    data = told(receiver)[TICKET_ADMITTED]
    assert data["ticket"] == {"serial": f"{order.code}-1", "seat": first.seat_id}
    with db.transaction():
        assert tickets.admit(first.qr_text, door_actor(), gate="1").verdict == "already"
    assert told(receiver) == {}
    scan, door = OfflineScan(uuid.uuid4(), second.qr_text, None), Door(door_actor(), "2", screening.id)
    for _ in range(2):
        with db.transaction():
            offline_scans.record_offline(scan, door)
    assert told(receiver)[TICKET_ADMITTED]["ticket"]["serial"] == f"{order.code}-2"


def test_a_refund_is_reported_when_the_money_has_gone_back(screening: Screening, receiver: Receiver) -> None:
    order = bought(screening, "A1", of_partner(receiver))
    told(receiver)
    with db.transaction():
        orders.cancel(order.token)
    purchases.run_due_work()
    assert told(receiver) == {
        ORDER_REFUNDED: {
            "order": {"code": order.code, "state": "refunded"},
            "amount": order.total,
            "refunded": order.total,
        }
    }


def test_the_documentation_names_every_event() -> None:
    rows = re.findall(r"^\| `([a-z.]+)` \|", DOCUMENT.read_text(), re.MULTILINE)
    assert rows == ["type", *EVENTS, "webhook.ping"]
