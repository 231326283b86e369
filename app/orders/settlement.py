"""Settling: a receipt becomes tickets, or goes back whole. One transaction, the order's lock first.

Exactly one receipt wins the conditional update to paid. Every other one (a second payment, a wrong amount, money
that came too late for its seats or its film) is refunded by itself, whole.

When the customer paid decides whether money is late, not when the provider told us (docs/decisions/15-late-money.md).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from app.events import service as events
from app.orders import completion, queries, reseat
from app.orders.basket import claims_end
from app.orders.states import AWAITING, ORDER, PAID, RESEAT
from app.orders.views import OrderView
from app.payments import service as payments
from app.reservations import service as reservations


def settle(receipt_id: uuid.UUID, order_id: uuid.UUID, amount: int, paid_at: datetime | None = None) -> str:
    """What the money became: paid, reseat_offered, or refunded. The caller commits.

    `paid_at` is when the customer paid, as payment-service trusts it; None: unknown, and now counts. Told of the same
    receipt again, it changes nothing and gives the order's state.
    """
    order = queries.locked_by_id(order_id)
    if order.state != AWAITING and _has_its_use(order, receipt_id):
        return order.state
    if order.state not in ORDER.before("settle") or order.state == RESEAT:
        return _refund(receipt_id, f"order is {order.state}")
    if amount != order.total:
        return _refund(receipt_id, "amount")
    claims_stand = _claims_stand(order)
    if obstacle := _obstacle(order, _is_in_time(order, paid_at), claims_stand):
        return _refund(receipt_id, obstacle)
    if _complete(order, receipt_id, claims_stand):
        return PAID
    # The seats went to others. The order expires now if the clockwork has not done it yet.
    return reseat.offer(order, receipt_id) or _refund(receipt_id, "seats taken")


def _has_its_use(order: OrderView, receipt_id: uuid.UUID) -> bool:
    """Whether this receipt bought the tickets, stands behind an offer of other seats, or goes back already."""
    if receipt_id == order.reseat_receipt_id:
        return True
    bought = any(one.settled and one.id == receipt_id for one in payments.receipts_of(order.id))
    return bought or any(one.receipt_id == receipt_id for one in payments.refunds_of(order.id))


def _obstacle(order: OrderView, in_time: bool, claims_stand: bool) -> str | None:
    """Why this money cannot buy the tickets. Late money buys only what anybody could still buy."""
    screening = order.screening
    if screening.status != "scheduled":
        return "screening cancelled"
    if order.read_at >= screening.ends_at:
        return "screening over"
    if not in_time and order.read_at >= screening.sales_close_at:
        return "sales closed"
    if claims_stand:
        return None
    # Cancelling a screening does not look for expired orders: lock its status until this one is paid.
    return None if events.lock_scheduled(screening.id) else "screening cancelled"


def _is_in_time(order: OrderView, paid_at: datetime | None) -> bool:
    """Whether the customer paid while the order's seats were held for it, however late we are told."""
    return (paid_at or order.read_at) < claims_end(order.deadline)


def _claims_stand(order: OrderView) -> bool:
    """Whether the order still holds its seats, places and stock, by the clock of the read under the lock."""
    return order.state == AWAITING and order.read_at < claims_end(order.deadline)


def _complete(order: OrderView, receipt_id: uuid.UUID, claims_stand: bool) -> bool:
    """Complete the order with its own seats. Claims that have run out are taken again first, all or none."""
    if claims_stand and completion.complete(order, order.reservation_id, receipt_id):
        return True
    return reservations.reclaim(order.reservation_id, order.read_at) and completion.complete(
        order, order.reservation_id, receipt_id
    )


def _refund(receipt_id: uuid.UUID, reason: str) -> str:
    payments.refund(receipt_id, None, reason)
    return "refunded"
