"""The link that takes a kiosk's tickets to a phone: it works once, for minutes, and only for orders of a kiosk."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from app.core import db
from app.core.errors import NotFound
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView, PhoneLinkOver
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_plan_of


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooo")


@pytest.fixture
def order(screening: Screening) -> OrderView:
    """A paid order of a kiosk."""
    bought = purchases.buy(screening, [seat_plan_of(screening).seats[0].id])
    change(bought, "channel = 'kiosk'")
    return bought


def change(order: OrderView, columns: str) -> None:
    with db.transaction() as session:
        session.execute(text(f"update orders.orders set {columns} where id = :id"), {"id": order.id})


def link(order: OrderView) -> str | None:
    with db.reading():
        return orders.phone_link(order)


def take(key: str) -> str:
    with db.transaction():
        return orders.take_to_phone(key)


def test_the_link_opens_the_order_once(order: OrderView) -> None:
    key = link(order)
    assert key is not None
    assert key == link(order), "the page may be shown again"
    assert order.token not in key
    assert take(key) == order.token
    with pytest.raises(PhoneLinkOver):
        take(key)
    assert link(order) is None


@pytest.mark.parametrize("columns", ["paid_at = paid_at - interval '16 minutes'", "channel = 'web'"])
def test_the_link_ends_minutes_after_the_payment_and_is_of_a_kiosk(order: OrderView, columns: str) -> None:
    key = link(order)
    assert key is not None
    change(order, columns)
    assert link(order) is None
    with pytest.raises(PhoneLinkOver):
        take(key)


def test_a_made_up_key_is_not_there(order: OrderView) -> None:
    key = link(order) or ""
    other = f"{uuid.uuid4().hex}{key[32:]}"
    for wrong in ("", "x", key[:-1], f"{key[:-1]}é", other, key.replace(key[32:], "0" * 24), "x" * 5000):
        with pytest.raises(NotFound):
            take(wrong)
    assert take(key) == order.token
