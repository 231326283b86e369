"""What webhooks report to partners about orders; docs/webhooks.md has the schemas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.core import partner_events
from app.orders.states import PAID
from app.orders.views import OrderItem, OrderView


def publish_paid(order: OrderView, items: Sequence[OrderItem], paid_at: datetime) -> None:
    """Report that the order is paid. `items` are the concessions that were sold: fewer than chosen after late money.

    The kind of a half price is left out: it may tell of a person's health.
    """
    data = {
        "order": {"code": order.code, "state": PAID},
        "screening": order.screening.id,
        "seats": [{"seat": one.seat_id, "type": one.ticket_type, "price": one.price} for one in order.seats],
        "items": [
            {"product": one.product_id, "quantity": one.quantity, "unit_price": one.unit_price}
            for one in items
        ],
        "total": order.seats_total + sum(one.total for one in items),
    }
    partner_events.publish(partner_events.ORDER_PAID, order.partner_id, order.id, paid_at, data)
