"""The states of an order, and which event leads from one to another."""

from __future__ import annotations

from typing import Final, Literal

from app.core.state_machine import StateMachine

DRAFT: Final = "draft"
AWAITING: Final = "awaiting_payment"
PAID: Final = "paid"
EXPIRED: Final = "expired"
RESEAT: Final = "reseat_offered"
CANCELLED: Final = "cancelled"
REFUNDED: Final = "refunded"

STATES: Final = (DRAFT, AWAITING, PAID, EXPIRED, RESEAT, CANCELLED, REFUNDED)
UNPAID_STATES: Final = (DRAFT, AWAITING)  # the buyer still chooses, or pays
OPEN_STATES: Final = (DRAFT, AWAITING, RESEAT)  # something is still expected of the buyer

Event = Literal["start_payment", "settle", "expire", "abandon", "offer_seats", "cancel", "refund"]

ORDER: Final = StateMachine[Event](
    "orders.orders",
    STATES,
    {
        (DRAFT, "start_payment"): AWAITING,
        (AWAITING, "start_payment"): AWAITING,  # in another way, or the same way again
        (AWAITING, "settle"): PAID,
        (EXPIRED, "settle"): PAID,  # the money came late, and the same seats are free
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
)
