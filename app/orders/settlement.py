"""Settlement: a receipt buys the tickets of its order, or is refunded whole.

It is one transaction under the order's lock.

Exactly one receipt wins the conditional update to paid. Every other receipt (a second payment, a wrong amount, a
payment too late for its seats or its screening) is refunded whole.

A payment is late by the time at which the customer paid, not at which this service learned of it
(docs/decisions/15-late-money.md).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from app.core import metrics, telemetry
from app.core.metrics import Guard
from app.events import service as events
from app.orders import completion, queries, reseat
from app.orders.basket import claims_expiry
from app.orders.states import AWAITING, ORDER, PAID, RESEAT
from app.orders.views import OrderView
from app.payments import service as payments
from app.reservations import service as reservations


def settle(receipt_id: uuid.UUID, order_id: uuid.UUID, amount: int, paid_at: datetime | None = None) -> str:
    """Settle a receipt. Returns the outcome: paid, reseat_offered, or refunded.

    `paid_at` is when the customer paid, as payment-service recorded it; None: unknown, then now counts. A receipt that
    was settled before changes nothing: the order's state is returned.
    """
    order = queries.locked_by_id(order_id)
    if order.state != AWAITING and _is_accounted_for(order, receipt_id):
        return order.state
    if order.state not in ORDER.before("settle") or order.state == RESEAT:
        return _refund(receipt_id, f"order is {order.state}", "second_payment")
    if amount != order.total:
        return _refund(receipt_id, "amount", "wrong_amount")
    claims_are_live = _claims_are_live(order)
    if obstacle := _obstacle(order, _is_in_time(order, paid_at), claims_are_live):
        return _refund(receipt_id, obstacle)
    if _complete(order, receipt_id, claims_are_live):
        return PAID
    if order.method == payments.CARD_PRESENT:  # the person has left the kiosk and would not see an offer
        return _refund(receipt_id, "seats taken")
    # The seats belong to other orders now. The offer also marks the order expired if the worker has not done so yet.
    if reseat.offer(order, receipt_id) is None:
        return _refund(receipt_id, "seats taken")
    telemetry.record_committed(metrics.GUARDS, labels={"guard": "late_money"})
    return RESEAT


def _is_accounted_for(order: OrderView, receipt_id: uuid.UUID) -> bool:
    """Whether the receipt has bought the tickets, belongs to an offer of other seats, or has a refund already."""
    if receipt_id == order.reseat_receipt_id:
        return True
    bought = any(one.settled and one.id == receipt_id for one in payments.receipts_of(order.id))
    return bought or any(one.receipt_id == receipt_id for one in payments.refunds_of(order.id))


def _obstacle(order: OrderView, in_time: bool, claims_are_live: bool) -> str | None:
    """The reason why the receipt cannot buy the tickets, or None. A late payment needs a screening that is on sale."""
    screening = order.screening
    if screening.status != "scheduled":
        return "screening cancelled"
    if order.read_at >= screening.ends_at:
        return "screening over"
    if not in_time and order.read_at >= screening.sales_close_at:
        return "sales closed"
    if claims_are_live:
        return None
    # Calling off a screening does not look for expired orders: lock its status until this order is paid.
    return None if events.lock_scheduled(screening.id) else "screening cancelled"


def _is_in_time(order: OrderView, paid_at: datetime | None) -> bool:
    """Whether the customer paid while the order's seats were held, even if the provider reported it later."""
    return (paid_at or order.read_at) < claims_expiry(order.deadline)


def _claims_are_live(order: OrderView) -> bool:
    """Whether the order's claims had not expired when it was read under its lock."""
    return order.state == AWAITING and order.read_at < claims_expiry(order.deadline)


def _complete(order: OrderView, receipt_id: uuid.UUID, claims_are_live: bool) -> bool:
    """Complete the order with its own seats. Expired claims are taken again first, all or none."""
    if claims_are_live and completion.complete(order, order.reservation_id, receipt_id):
        return True
    return reservations.reclaim(order.reservation_id, order.read_at) and completion.complete(
        order, order.reservation_id, receipt_id
    )


def _refund(receipt_id: uuid.UUID, reason: str, guard: Guard = "late_money") -> str:
    telemetry.record_committed(metrics.GUARDS, labels={"guard": guard})
    payments.refund(receipt_id, None, reason)
    return "refunded"
