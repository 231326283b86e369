"""The state machine of orders."""

from __future__ import annotations

from typing import Final, Literal

from app.core import metrics
from app.core.state_machine import StateMachine

DRAFT: Final = "draft"
AWAITING: Final = "awaiting_payment"
PAID: Final = "paid"
EXPIRED: Final = "expired"
RESEAT: Final = "reseat_offered"
CANCELLED: Final = "cancelled"
REFUNDED: Final = "refunded"

STATES: Final = (DRAFT, AWAITING, PAID, EXPIRED, RESEAT, CANCELLED, REFUNDED)
UNPAID_STATES: Final = (DRAFT, AWAITING)  # the buyer still chooses or pays
OPEN_STATES: Final = (DRAFT, AWAITING, RESEAT)  # the buyer still has to do something

Event = Literal["start_payment", "settle", "expire", "abandon", "offer_seats", "cancel", "refund"]

ORDER: Final = StateMachine[Event](
    "orders.orders",
    STATES,
    {
        (DRAFT, "start_payment"): AWAITING,
        (AWAITING, "start_payment"): AWAITING,  # by another method, or again by the same one
        (AWAITING, "settle"): PAID,
        (EXPIRED, "settle"): PAID,  # a late payment, while the same seats are free
        (RESEAT, "settle"): PAID,
        (DRAFT, "expire"): EXPIRED,
        (AWAITING, "expire"): EXPIRED,
        (DRAFT, "abandon"): CANCELLED,
        (AWAITING, "abandon"): CANCELLED,
        (EXPIRED, "offer_seats"): RESEAT,
        (PAID, "cancel"): CANCELLED,
        (RESEAT, "refund"): REFUNDED,
        (CANCELLED, "refund"): REFUNDED,
    },
    metric=metrics.ORDERS,
)
