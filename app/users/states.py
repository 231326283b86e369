"""The state machines of webhooks and their deliveries."""

from __future__ import annotations

from typing import Final, Literal

from app.core.state_machine import StateMachine

UNVERIFIED: Final = "unverified"  # only the ping is sent
ACTIVE: Final = "active"
PAUSED: Final = "paused"  # by the partner, by the cinema, or by the receiver's answer 410
DISABLED: Final = "disabled"  # after days without a success
WEBHOOK_STATES: Final = (UNVERIFIED, ACTIVE, PAUSED, DISABLED)
SENDING_STATES: Final = (UNVERIFIED, ACTIVE)

PENDING: Final = "pending"  # an attempt is due, now or later
DELIVERED: Final = "delivered"
FAILED: Final = "failed"  # given up after a day; a replay tries again
DELIVERY_STATES: Final = (PENDING, DELIVERED, FAILED)

WebhookEvent = Literal["verify", "pause", "disable", "resume"]
DeliveryEvent = Literal["deliver", "fail", "wait", "replay"]

WEBHOOK: Final = StateMachine[WebhookEvent](
    "users.webhooks",
    WEBHOOK_STATES,
    {
        (UNVERIFIED, "verify"): ACTIVE,
        (UNVERIFIED, "pause"): PAUSED,
        (ACTIVE, "pause"): PAUSED,
        (UNVERIFIED, "disable"): DISABLED,
        (ACTIVE, "disable"): DISABLED,
        (PAUSED, "resume"): UNVERIFIED,  # the receiver must answer a ping again
        (DISABLED, "resume"): UNVERIFIED,
    },
)
DELIVERY: Final = StateMachine[DeliveryEvent](
    "users.webhook_deliveries",
    DELIVERY_STATES,
    {
        (PENDING, "deliver"): DELIVERED,
        (PENDING, "fail"): FAILED,
        (PENDING, "wait"): PENDING,
        (PENDING, "replay"): PENDING,
        (DELIVERED, "replay"): PENDING,
        (FAILED, "replay"): PENDING,
    },
)
