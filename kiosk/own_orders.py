"""The order that the current visit has bought at this kiosk."""

from __future__ import annotations

from app.core.errors import NotFound
from app.orders import service as orders
from app.orders.service import OrderView
from app.web import devices
from app.web.actor import current_actor


def own_paid_order(token: str) -> OrderView:
    """Raises NotFound for every other order, as if it did not exist."""
    device, order = devices.current_kiosk(), orders.order(token)
    is_own = device is not None and order.device == device.id and order.belongs_to(current_actor())
    if not (is_own and order.is_paid):
        raise NotFound("order")
    return order
