"""The link by which the tickets of a kiosk's order reach a phone: a QR on a screen that strangers see, too.

It has no token of the order, works once, and ends minutes after the payment.
"""

from __future__ import annotations

import hmac
import uuid

from sqlalchemy import text

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.state_machine import one_of
from app.core.throttle import keyed_hash
from app.orders import queries
from app.orders.states import PAID
from app.orders.views import OrderView

MINUTES = 15
_ID_LENGTH = 32

_IS_OPEN = f"""
    o.id = :id and o.channel = 'kiosk' and {one_of("o.state", (PAID,))}
    and o.paid_at > clock_timestamp() - make_interval(mins => :minutes)
"""
_FIND_OPEN = text(
    f"""
    select 1 from orders.orders o where {_IS_OPEN}
    and not exists (select from orders.phone_links taken where taken.order_id = o.id)
    """  # noqa: S608 (no value is put in)
)
_TAKE = text(
    f"""
    insert into orders.phone_links (order_id) select o.id from orders.orders o where {_IS_OPEN}
    on conflict (order_id) do nothing returning order_id
    """  # noqa: S608 (no value is put in)
)


class LinkOver(Conflict):
    """The link was used, or its time is over."""

    def __init__(self) -> None:
        super().__init__("phone_link.over")


def phone_link(order: OrderView) -> str | None:
    """The key of the order's link, for an address; None if it was used, or its time is over."""
    values = {"id": order.id, "minutes": MINUTES}
    if db.session().execute(_FIND_OPEN, values).one_or_none() is None:
        return None
    return f"{order.id.hex}{_signature(order.id)}"


def take_to_phone(key: str) -> str:
    """Use the link up and return the order's token. Raises NotFound for a key that was never issued, and LinkOver."""
    order_id = _order_id(key)
    values = {"id": order_id, "minutes": MINUTES}
    if db.session().execute(_TAKE, values).one_or_none() is None:
        raise LinkOver
    return queries.by_id(order_id).token


def _order_id(key: str) -> uuid.UUID:
    try:
        order_id = uuid.UUID(hex=key[:_ID_LENGTH])
    except ValueError:
        raise NotFound("phone link") from None
    if not hmac.compare_digest(key[_ID_LENGTH:].encode(), _signature(order_id).encode()):
        raise NotFound("phone link")
    return order_id


def _signature(order_id: uuid.UUID) -> str:
    return keyed_hash(f"phone link {order_id}")
