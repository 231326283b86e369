"""The owner of an order in the API: a client that has the order's token, if the order was begun over the API."""

from __future__ import annotations

from app.api.document import PREFIX
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.throttle import keyed_hash
from app.orders import service as orders
from app.orders.service import OrderView, Started
from app.web.locale import locale
from app.web.security import address_key


def new_guest(idempotency_key: str) -> Actor:
    """The actor who begins an order. A repeat with the same key is the same actor."""
    return Actor(
        visitor=keyed_hash(f"api {idempotency_key}")[:16],
        address_key=address_key(),
        locale=locale(),
        channel="api",
    )


def order_of(token: str) -> OrderView:
    """The order of this token, begun over the API. Raises NotFound, also for orders of other channels.

    The addresses of pages contain tokens too, and are mailed: such an address must not be enough to change an order.
    """
    order = orders.order(token)
    if order.channel != "api":
        raise NotFound("order")
    return order


def owner_of(token: str) -> Actor:
    """The actor of the order with this token. Raises NotFound."""
    order = order_of(token)
    return Actor(visitor=order.visitor, address_key=address_key(), locale=order.locale, channel="api")


def created(started: Started) -> tuple[OrderView, int, dict[str, str]]:
    """The answer to a request that has begun an order."""
    return orders.order(started.token), 201, {"Location": f"{PREFIX}/orders/{started.token}"}
