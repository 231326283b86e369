"""Make actors for the tests: a visitor, a new visitor, the owner of an order, a member of the door staff."""

from __future__ import annotations

import uuid

from app.core.actor import Actor
from app.orders.service import OrderView


def visitor_actor(visitor: str = "ana", address_key: str = "home", locale: str = "pt_BR") -> Actor:
    return Actor(visitor=visitor, address_key=address_key, locale=locale)


def new_visitor_actor(*, visitor: str = "", address_key: str = "") -> Actor:
    """An actor with new random ids, except for the part that is given."""
    return Actor(visitor=visitor or uuid.uuid4().hex, address_key=address_key or uuid.uuid4().hex)


def owner_of(order: OrderView) -> Actor:
    """The visitor that created the order."""
    return visitor_actor(order.visitor, locale=order.locale)


def door_actor(user_id: int | None = 7, address_key: str = "") -> Actor:
    return Actor(user_id=user_id, address_key=address_key, channel="door")
