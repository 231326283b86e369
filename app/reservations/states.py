"""The state machines of reservations and requests."""

from __future__ import annotations

from typing import Final, Literal

from app.core.state_machine import StateMachine

HELD: Final = "held"
CONFIRMED: Final = "confirmed"
RELEASED: Final = "released"
EXPIRED: Final = "expired"  # also of a request

ReservationEvent = Literal["extend", "confirm", "release", "withdraw", "expire", "reclaim"]

RESERVATION: Final = StateMachine[ReservationEvent](
    "reservations.reservations",
    (HELD, CONFIRMED, RELEASED, EXPIRED),
    {
        (HELD, "extend"): HELD,
        (HELD, "confirm"): CONFIRMED,
        (HELD, "release"): RELEASED,
        (CONFIRMED, "release"): RELEASED,
        (HELD, "withdraw"): RELEASED,  # an offer to a request; once it is sold, it belongs to an order
        (HELD, "expire"): EXPIRED,
        (HELD, "reclaim"): HELD,
        (EXPIRED, "reclaim"): HELD,  # a payment came late, and all of its seats were still free
    },
)

OPEN: Final = "open"  # it has no e-mail yet
WAITING: Final = "waiting"
OFFERED: Final = "offered"
RESERVED: Final = "reserved"
CANCELLED: Final = "cancelled"

LIVE_REQUESTS: Final = (WAITING, OFFERED)

RequestEvent = Literal["wait", "offer", "accept", "end_offer", "close", "cancel"]

REQUEST: Final = StateMachine[RequestEvent](
    "reservations.requests",
    (OPEN, WAITING, OFFERED, RESERVED, EXPIRED, CANCELLED),
    {
        (OPEN, "wait"): WAITING,
        (WAITING, "wait"): WAITING,  # with another quantity or e-mail, in the same place
        (WAITING, "offer"): OFFERED,
        (OFFERED, "accept"): RESERVED,
        (OFFERED, "end_offer"): EXPIRED,
        (WAITING, "close"): EXPIRED,  # sales are over, or the screening is cancelled
        (OPEN, "cancel"): CANCELLED,
        (WAITING, "cancel"): CANCELLED,
        (OFFERED, "cancel"): CANCELLED,
    },
)
