"""What a charge and a refund may become. Pure tables: state and event in, next state out, or no move at all.

Messages come in any order and more than once, so an event that does not fit is not an error: it moves nothing.
Money is never refused: whatever state a charge is in, `paid` leads to `confirmed`.
"""

from __future__ import annotations

from typing import Final

CREATED: Final = "created"  # our row stands; the provider may not know of it
PENDING: Final = "pending"  # the provider has it and waits for the customer
UNKNOWN: Final = "unknown"  # the provider did not answer: it may have it or not
CANCELLING: Final = "cancelling"  # we want it no longer; the provider has not said yes
CANCELLED: Final = "cancelled"
CONFIRMED: Final = "confirmed"
FAILED: Final = "failed"

CHARGE_STATES: Final = (CREATED, PENDING, UNKNOWN, CANCELLING, CANCELLED, CONFIRMED, FAILED)
LIVE_STATES: Final = (CREATED, PENDING, UNKNOWN)

_LIVE = {
    "accepted": PENDING,
    "lost": UNKNOWN,
    "paid": CONFIRMED,
    "declined": FAILED,
    "refused": FAILED,
    "ended": CANCELLED,
    "cancel": CANCELLING,
}
CHARGE: Final[dict[str, dict[str, str]]] = {
    CREATED: _LIVE,
    PENDING: {event: state for event, state in _LIVE.items() if event not in ("accepted", "lost")},
    UNKNOWN: {event: state for event, state in _LIVE.items() if event != "lost"},
    CANCELLING: {"paid": CONFIRMED, "ended": CANCELLED, "declined": CANCELLED, "refused": CANCELLED},
    CANCELLED: {"paid": CONFIRMED},
    FAILED: {"paid": CONFIRMED},
    CONFIRMED: {},
}

REFUND_PENDING: Final = "refund_pending"
REFUNDED: Final = "refunded"
REFUND_FAILED: Final = "refund_failed"
REFUND_REPLACED: Final = "refund_replaced"  # it failed, and what it was to give back is asked for by another
REFUND_STATES: Final = (REFUND_PENDING, REFUNDED, REFUND_FAILED, REFUND_REPLACED)
REFUND: Final[dict[str, dict[str, str]]] = {
    REFUND_PENDING: {"done": REFUNDED, "refused": REFUND_FAILED},
    REFUND_FAILED: {"again": REFUND_REPLACED},
    REFUNDED: {},
    REFUND_REPLACED: {},
}


def charge_after(state: str, event: str) -> str | None:
    """The state of a charge after `event`, or None when the event moves nothing."""
    return CHARGE[state].get(event)


def states_before(event: str) -> tuple[str, ...]:
    """The states in which `event` moves a charge: the `where` of its conditional update."""
    return tuple(state for state in CHARGE_STATES if event in CHARGE[state])


def refund_after(state: str, event: str) -> str | None:
    return REFUND[state].get(event)
