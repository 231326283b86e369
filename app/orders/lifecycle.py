"""How orders end before or after they are paid: abandoned, expired, cancelled, called off."""

from __future__ import annotations

import uuid

from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.orders import half_price_claims, notices, queries
from app.orders.states import CANCELLED, EXPIRED, ORDER, PAID, REFUNDED, RESEAT, UNPAID_STATES
from app.orders.views import OrderOver, OrderView, WrongState
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
_EXPIRE = ORDER.move("expire", columns=_END_COLUMNS)
_ABANDON = ORDER.move("abandon", columns=_END_COLUMNS)
_CANCEL = ORDER.move("cancel", columns=_END_COLUMNS)
_REFUND = ORDER.move("refund", columns=_END_COLUMNS)


def mark_refunded(order_id: uuid.UUID, reason: str | None) -> None:
    """Record that the money of a locked order, cancelled or with an offer of other seats, goes back."""
    _REFUND.require(id=order_id, reason=reason)


def let_go(order: OrderView) -> None:
    """Give back everything that the order holds, in lock order."""
    reservations.release(order.reservation_id)
    half_price_claims.release(order.id)
    products.release(order.id)


def abandon(token: str, actor: Actor) -> None:
    """The owner gives the order up: seats and snacks go back at once. Raises NotFound, WrongState once it is paid."""
    end_unpaid(queries.own(token, actor))


def end_unpaid(order: OrderView) -> None:
    """End a locked order that is still being bought; one that has ended unpaid stays as it is. Raises WrongState."""
    if order.state in (CANCELLED, EXPIRED, REFUNDED):
        return
    if order.state not in UNPAID_STATES:
        raise WrongState(order.state)
    _abandon(order, "abandoned")


def _abandon(order: OrderView, reason: str) -> None:
    payments.cancel_live_charge(order.id, "abandoned")
    let_go(order)
    _ABANDON.require(id=order.id, reason=reason)


def expire(order_id: uuid.UUID) -> bool:
    """The reservation's time is over. Money on its way is still received; the claims on half-price places and
    stock have run out by themselves and stand by, in case it comes late."""
    order = queries.locked_by_id(order_id)
    if _EXPIRE.perform(id=order.id, reason="expired") is None:
        return False
    payments.cancel_live_charge(order.id, "expired")
    return True


def cancel(token: str) -> None:
    """The customer's money back, whole, before the screening: tickets revoked, seats free, stock back.

    Raises NotFound, WrongState (not paid), OrderOver (it has begun), AlreadyAdmitted (somebody is in).
    """
    order = queries.locked(token)
    if order.state in (CANCELLED, REFUNDED) and order.paid_at:
        return  # a second click
    if order.state != PAID:
        raise WrongState(order.state)
    if not order.can_cancel:
        raise OrderOver(order.state)
    tickets.revoke(order.id)
    _give_back(order, "customer")
    notices.request_notice(order, "order_cancelled", amount=order.total)


def call_off(order_id: uuid.UUID, reason: str) -> None:
    """The cinema cancelled the screening: whatever the order's state, it ends, and all money goes back."""
    order = queries.locked_by_id(order_id)
    if order.state in UNPAID_STATES:
        _abandon(order, "called_off")
    elif order.state == PAID:
        if not any(ticket.state == "admitted" for ticket in tickets.of_order(order.id)):
            tickets.revoke(order.id)
        _give_back(order, "called_off")
    elif order.state == RESEAT:
        if order.reseat_reservation_id:
            reservations.release(order.reseat_reservation_id)
        if order.reseat_receipt_id:
            payments.refund(order.reseat_receipt_id, None, "called_off")
        mark_refunded(order.id, "called_off")
    else:
        return
    paid = order.total if order.state in (PAID, RESEAT) else 0
    notices.request_notice(order, "screening_cancelled", amount=paid, reason=reason)


def _give_back(order: OrderView, reason: str) -> None:
    _CANCEL.require(id=order.id, reason=reason)
    let_go(order)
    payments.refund_order(order.id, None, reason)


def hand_over(before: str | None, after: str) -> None:
    """All orders of the visitor `before` (None: a newcomer, who has none) are `after`'s, whom nobody else may know.

    What they hold and wait for goes along: a new visitor has not got new limits.
    """
    if before is not None:
        db.session().execute(_HAND_OVER, {"before": before, "after": after})
        reservations.reassign_visitor(before, after)
