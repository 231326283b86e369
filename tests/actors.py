"""Actors for the tests: a browser at home, a stranger each time, the owner of an order, somebody at the door."""

from __future__ import annotations

import uuid

from app.core.actor import Actor
from app.orders.service import OrderView


def browser(visitor: str = "ana", address_key: str = "home", locale: str = "pt_BR") -> Actor:
    return Actor(visitor=visitor, address_key=address_key, locale=locale)


def stranger(*, visitor: str = "", address_key: str = "") -> Actor:
    """Somebody of whom only the given part was seen before."""
    return Actor(visitor=visitor or uuid.uuid4().hex, address_key=address_key or uuid.uuid4().hex)


def owner(order: OrderView) -> Actor:
    """The browser that began the order."""
    return browser(order.visitor, locale=order.locale)


def at_the_door(user_id: int | None = 7, address_key: str = "") -> Actor:
    return Actor(user_id=user_id, address_key=address_key, channel="door")
