"""The state machines of charges and refunds.

Messages come in any order and more than once, so an event that the state does not allow is no error: it moves nothing.
Money is never refused: from every other state, `paid` leads to `confirmed`.
"""

from __future__ import annotations

from typing import Final, Literal

from app.core import metrics
from app.core.state_machine import StateMachine

CREATED: Final = "created"  # the row exists; the provider may not know of the charge
PENDING: Final = "pending"  # the provider has made the charge and waits for the customer
UNKNOWN: Final = "unknown"  # the provider did not answer: it may have made the charge or not
CANCELLING: Final = (
    "cancelling"  # the charge is no longer wanted; the provider has not confirmed the cancellation
)
CANCELLED: Final = "cancelled"
CONFIRMED: Final = "confirmed"
FAILED: Final = "failed"

CHARGE_STATES: Final = (CREATED, PENDING, UNKNOWN, CANCELLING, CANCELLED, CONFIRMED, FAILED)
LIVE_STATES: Final = (CREATED, PENDING, UNKNOWN)
ENDED_STATES: Final = (CANCELLED, FAILED, CONFIRMED)

ChargeEvent = Literal["accepted", "lost", "silent", "paid", "declined", "refused", "ended", "cancel"]

CHARGE: Final = StateMachine[ChargeEvent](
    "payments.charges",
    CHARGE_STATES,
    {
        (CREATED, "accepted"): PENDING,
        (UNKNOWN, "accepted"): PENDING,
        (CREATED, "lost"): UNKNOWN,
        (PENDING, "silent"): UNKNOWN,  # a card terminal that had asked for the card does not answer any more
        (CREATED, "paid"): CONFIRMED,
        (PENDING, "paid"): CONFIRMED,
        (UNKNOWN, "paid"): CONFIRMED,
        (CANCELLING, "paid"): CONFIRMED,
        (CANCELLED, "paid"): CONFIRMED,
        (FAILED, "paid"): CONFIRMED,
        (CREATED, "declined"): FAILED,
        (PENDING, "declined"): FAILED,
        (UNKNOWN, "declined"): FAILED,
        (CANCELLING, "declined"): CANCELLED,
        (CREATED, "refused"): FAILED,
        (PENDING, "refused"): FAILED,
        (UNKNOWN, "refused"): FAILED,
        (CANCELLING, "refused"): CANCELLED,
        (CREATED, "ended"): CANCELLED,
        (PENDING, "ended"): CANCELLED,
        (UNKNOWN, "ended"): CANCELLED,
        (CANCELLING, "ended"): CANCELLED,
        (CREATED, "cancel"): CANCELLING,
        (PENDING, "cancel"): CANCELLING,
        (UNKNOWN, "cancel"): CANCELLING,
    },
    metric=metrics.CHARGES,
)

REFUND_PENDING: Final = "refund_pending"
REFUNDED: Final = "refunded"
REFUND_FAILED: Final = "refund_failed"
REFUND_REPLACED: Final = "refund_replaced"  # superseded by a newer refund after it failed
REFUND_STATES: Final = (REFUND_PENDING, REFUNDED, REFUND_FAILED, REFUND_REPLACED)

RefundEvent = Literal["done", "refused", "again"]

REFUND: Final = StateMachine[RefundEvent](
    "payments.refunds",
    REFUND_STATES,
    {
        (REFUND_PENDING, "done"): REFUNDED,
        (REFUND_PENDING, "refused"): REFUND_FAILED,
        (REFUND_FAILED, "again"): REFUND_REPLACED,
    },
    metric=metrics.REFUNDS,
)
