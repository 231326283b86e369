"""An order keeps the channel and device where it was started, and its owner."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.errors import NotFound
from app.events.service import Screening
from app.orders import service as orders
from tests.actors import visitor_actor
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")
KIOSK = Actor(visitor="kiosk-3", address_key="foyer", channel="kiosk", device=uuid.UUID(int=3))


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo")


def started(screening: Screening, names: str, actor: Actor) -> orders.OrderView:
    with db.transaction():
        begun = orders.start_with_seats(
            screening.id, seat_ids(seat_plan_of(screening), names), actor, once=uuid.uuid4().hex
        )
    return purchases.order(begun.token)


@pytest.mark.parametrize(
    ("actor", "channel", "device"), [(KIOSK, "kiosk", KIOSK.device), (visitor_actor(), "web", None)]
)
def test_an_order_and_its_reservation_keep_channel_and_device(
    screening: Screening, actor: Actor, channel: str, device: uuid.UUID | None
) -> None:
    order = started(screening, "A1 A2", actor)
    assert (order.channel, order.device) == (channel, device)
    with db.reading() as session:
        held = session.execute(
            text("select channel, device from reservations.reservations where id = :id"),
            {"id": order.reservation_id},
        ).one()
    assert tuple(held) == (channel, device)


def test_rows_without_a_channel_count_as_web(screening: Screening) -> None:
    """The previous version, which runs beside this one during a roll-out, writes such rows."""
    order = started(screening, "A1", KIOSK)
    with db.transaction() as session:
        session.execute(text("update orders.orders set channel = default, device = default"))
    assert (purchases.order(order.token).channel, purchases.order(order.token).device) == ("web", None)


@pytest.mark.parametrize(
    ("actor", "is_owner"),
    [
        (visitor_actor("ana"), True),
        (Actor(visitor="ana", address_key="elsewhere", channel="kiosk"), True),
        (visitor_actor("eva"), False),
        (Actor(), False),
        (Actor(user_id=7), True),
        (Actor(user_id=8), False),
    ],
)
def test_an_order_belongs_to_its_browser_and_its_account(
    screening: Screening, actor: Actor, is_owner: bool
) -> None:
    order = started(screening, "A1", Actor(visitor="ana", address_key="home", user_id=7))
    assert order.belongs_to(actor) is is_owner
    if not is_owner:
        with pytest.raises(NotFound), db.transaction():
            orders.extend(order.token, actor)


def test_an_order_of_no_account_belongs_to_no_account(screening: Screening) -> None:
    assert not started(screening, "A1", visitor_actor("ana")).belongs_to(Actor(visitor="eva"))
