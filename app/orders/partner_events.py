"""What webhooks report to partners about orders; docs/webhooks.md has the schemas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from app.core import partner_events
from app.orders.states import PAID
from app.orders.views import OrderItem, OrderView

if TYPE_CHECKING:
    from app.payments.service import Refund


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


def publish_refunded(order: OrderView, state: str, refund: Refund, refunds: Sequence[Refund]) -> None:
    """Report that money has gone back: the amount of `refund`, and of all `refunds` that have ended so.

    `state` is the order's state now: a paid order may get a part of its money back.
    """
    data = {
        "order": {"code": order.code, "state": state},
        "amount": refund.amount,
        "refunded": sum(one.amount for one in refunds if one.state == refund.state),
    }
    partner_events.publish(
        partner_events.ORDER_REFUNDED, order.partner_id, order.id, refund.ended_at or order.read_at, data
    )
