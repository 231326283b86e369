"""The tickets once more, by mail: lost, mistyped in a filter, or wanted on another device."""

from __future__ import annotations

from app.core import outbox
from app.core.messages import OrderPaid
from app.orders import reading
from app.orders.ending import facts
from app.orders.states import PAID
from app.orders.views import WrongState


def resend(token: str) -> None:
    """Send the mail with the tickets again, to the order's own address alone. Raises NotFound, WrongState.

    The PDF is made anew on the way, so that it shows the tickets as they are now.
    """
    order = reading.order(token)
    if order.state != PAID or not order.email or order.pdf_is_gone:
        raise WrongState(order.state)
    outbox.publish(
        OrderPaid(
            order_id=str(order.id),
            order_code=order.code,
            order_token=order.token,
            email=order.email,
            name=order.name or "",
            locale=order.locale,
            facts=facts(order),
        ),
        urgent=True,
    )
