"""The states of an order: which change leads where. Pure, and the only place that knows."""

from __future__ import annotations

DRAFT = "draft"
AWAITING = "awaiting_payment"
PAID = "paid"
EXPIRED = "expired"
RESEAT = "reseat_offered"
CANCELLED = "cancelled"
REFUNDED = "refunded"

STATES = (DRAFT, AWAITING, PAID, EXPIRED, RESEAT, CANCELLED, REFUNDED)

_AFTER: dict[tuple[str, str], str] = {
    (DRAFT, "start_payment"): AWAITING,
    (AWAITING, "start_payment"): AWAITING,
    (DRAFT, "expire"): EXPIRED,
    (AWAITING, "expire"): EXPIRED,
    (DRAFT, "abandon"): CANCELLED,
    (AWAITING, "abandon"): CANCELLED,
    (AWAITING, "settle"): PAID,
    (EXPIRED, "settle"): PAID,
    (EXPIRED, "offer_seats"): RESEAT,
    (RESEAT, "settle"): PAID,
    (RESEAT, "refund"): REFUNDED,
    (PAID, "cancel"): CANCELLED,
    (CANCELLED, "refund"): REFUNDED,
}
EVENTS = tuple(sorted({event for _, event in _AFTER}))


def after(state: str, event: str) -> str | None:
    """The state that `event` leads to, or None where it is refused."""
    return _AFTER.get((state, event))


def before(event: str) -> tuple[str, ...]:
    """The states in which `event` is possible: for the condition of the update."""
    return tuple(state for state in STATES if (state, event) in _AFTER)
