"""The end of an order, before or after it is paid: abandoned, expired, cancelled, called off; and its hand-over."""

from __future__ import annotations

import uuid

from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.moves import move
from app.orders import half_price_claims, notices, queries
from app.orders.states import CANCELLED, EXPIRED, ORDER, PAID, REFUNDED, RESEAT, UNPAID_STATES
from app.orders.views import OrderOver, OrderView, RefundChanged, WrongState
from app.payments import service as payments
from app.products import service as products
from app.reservations import service as reservations
from app.tickets import service as tickets

_HAND_OVER = text(
    """
    with theirs as (select id from orders.orders where visitor = :before order by id for update)
    update orders.orders set visitor = :after from theirs where orders.id = theirs.id
    """
)
_END_COLUMNS = "end_reason = :reason, ended_at = clock_timestamp()"
_EXPIRE = move(ORDER, "expire", columns=_END_COLUMNS)
_ABANDON = move(ORDER, "abandon", columns=_END_COLUMNS)
_CANCEL = move(ORDER, "cancel", columns=_END_COLUMNS)
_REFUND = move(ORDER, "refund", columns=_END_COLUMNS)


def mark_refunded(order_id: uuid.UUID, reason: str | None) -> None:
    """Mark a locked order refunded that was cancelled or had an offer of other seats."""
    _REFUND.require(id=order_id, reason=reason)


def release_claims(order: OrderView) -> None:
    """Release an unpaid order's claims on seats, half-price places and products, in lock order."""
    reservations.release(order.reservation_id)
    half_price_claims.release(order.id)
    products.release(order.id)


def abandon(token: str, actor: Actor) -> None:
    """End the actor's unpaid order and release its claims. Raises NotFound, WrongState once it is paid."""
    end_unpaid(queries.own(token, actor))


def end_unpaid(order: OrderView) -> None:
    """End a locked, unpaid order; one that has ended already stays as it is. Raises WrongState."""
    if order.state in (CANCELLED, EXPIRED, REFUNDED):
        return
    if order.state not in UNPAID_STATES:
        raise WrongState(order.state)
    _abandon(order, "abandoned")


def _abandon(order: OrderView, reason: str) -> None:
    payments.cancel_live_charge(order.id, "abandoned")
    release_claims(order)
    _ABANDON.require(id=order.id, reason=reason)


def expire(order_id: uuid.UUID) -> bool:
    """Mark an unpaid order expired and end its charge. Returns False when it was not unpaid.

    A payment that is on its way is still received. The claims have expired by themselves; their rows stay, because a
    late payment may take them again.
    """
    order = queries.locked_by_id(order_id)
    if _EXPIRE.perform(id=order.id, reason="expired") is None:
        return False
    payments.cancel_live_charge(order.id, "expired")
    return True


def cancel(token: str, *, promised: int | None = None) -> None:
    """Cancel a paid order before its screening: revoke its tickets, release its claims, refund it.

    What the counter has handed out stays sold and is not refunded. `promised` is the refund in centavos that the buyer
    was shown: raises RefundChanged if it differs by now, because the counter handed something out or took it back.
    Raises NotFound, WrongState (not paid), OrderOver (the screening has begun), AlreadyAdmitted.
    """
    order = queries.locked(token)
    if order.state in (CANCELLED, REFUNDED) and order.paid_at:
        return  # sent twice
    if order.state != PAID:
        raise WrongState(order.state)
    if not order.can_cancel:
        raise OrderOver(order.state)
    tickets.revoke(order.id)
    kept = _cancel_paid(order, "customer")
    if promised not in (None, order.total - kept):
        raise RefundChanged(order.total - kept)
    notices.request_notice(order, "order_cancelled", amount=order.total - kept, kept=kept)


def call_off(order_id: uuid.UUID, reason: str) -> None:
    """End an order, in any state, whose screening was called off; refund its money and mail the buyer.

    What the counter has handed out stays sold and is not refunded; all tickets are, also admitted ones.
    """
    order = queries.locked_by_id(order_id)
    kept = 0
    if order.state in UNPAID_STATES:
        _abandon(order, "called_off")
    elif order.state == PAID:
        if not any(ticket.is_used for ticket in tickets.of_order(order.id)):
            tickets.revoke(order.id)
        kept = _cancel_paid(order, "called_off")
    elif order.state == RESEAT:
        if order.reseat_reservation_id:
            reservations.release(order.reseat_reservation_id)
        if order.reseat_receipt_id:
            payments.refund(order.reseat_receipt_id, None, "called_off")
        mark_refunded(order.id, "called_off")
    else:
        return
    paid = order.total if order.state in (PAID, RESEAT) else 0
    notices.request_notice(order, "screening_cancelled", amount=paid - kept, kept=kept, reason=reason)


def _cancel_paid(order: OrderView, reason: str) -> int:
    """End a paid order. Returns the value in centavos of the concessions that were handed out: it is not refunded."""
    _CANCEL.require(id=order.id, reason=reason)
    reservations.release(order.reservation_id)
    half_price_claims.release(order.id)
    kept = products.cancel_sale(order.id)
    payments.refund_rest(order.id, keep=kept, reason=reason)
    return kept


def refund_offer(order: OrderView, reason: str) -> None:
    """End a locked order's offer: release the offered seats and all other claims, and refund the payment."""
    if order.reseat_reservation_id is not None:
        reservations.release(order.reseat_reservation_id)
    half_price_claims.release(order.id)
    products.release(order.id)
    if order.reseat_receipt_id is not None:
        payments.refund(order.reseat_receipt_id, None, reason)
    mark_refunded(order.id, reason)


def hand_over(before: str | None, after: str) -> None:
    """Give all orders of the visitor `before` to the visitor `after`, a new secret id; None: there is nothing to give.

    Their reservations and requests go with them, so that a new visitor id does not reset the limits.
    """
    if before is not None:
        db.session().execute(_HAND_OVER, {"before": before, "after": after})
        reservations.reassign_visitor(before, after)
