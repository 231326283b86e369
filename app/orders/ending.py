"""How orders end before or after they are paid: abandoned, expired, cancelled, called off."""

from __future__ import annotations

import uuid

from sqlalchemy import text

from app.core import db, outbox
from app.core.messages import NoticeRequested
from app.orders import half_places, reading, states
from app.orders.states import AWAITING, CANCELLED, DRAFT, EXPIRED, PAID, REFUNDED, RESEAT
from app.orders.views import OrderOver, OrderView, Owner, WrongState
from app.payments import service as payments
from app.products import service as products
from app.reservations import service as reservations
from app.tickets import service as tickets

_END = text(
    """
    update orders.orders set state = :state, end_reason = :reason, ended_at = clock_timestamp()
    where id = :id and state = any(:before) returning 1
    """
)


def move(order_id: uuid.UUID, event: str, state: str, reason: str | None = None) -> bool:
    """One conditional update along the table of states; False when the order was elsewhere."""
    values = {"id": order_id, "state": state, "reason": reason, "before": list(states.before(event))}
    return db.session().execute(_END, values).first() is not None


def let_go(order: OrderView) -> None:
    """Give back everything that the order holds, in lock order."""
    reservations.release(order.reservation_id)
    half_places.release(order.id)
    products.release(order.id)


def abandon(token: str, *, by: Owner | None = None) -> None:
    """The customer starts anew: seats and snacks go back at once. Raises NotFound, WrongState once it is paid."""
    order = reading.locked(token, by)
    if order.state in (CANCELLED, EXPIRED, REFUNDED):
        return
    if order.state not in (DRAFT, AWAITING):
        raise WrongState(order.state)
    payments.cancel_live_charge(order.id, "abandoned")
    let_go(order)
    move(order.id, "abandon", CANCELLED, "abandoned")


def expire(order_id: uuid.UUID) -> bool:
    """The reservation's time is over. Money on its way is still received; the claims on half-price places and
    stock have run out by themselves and stand by, in case it comes late."""
    order = reading.locked_by_id(order_id)
    if not move(order.id, "expire", EXPIRED, "expired"):
        return False
    payments.cancel_live_charge(order.id, "expired")
    return True


def cancel(token: str) -> None:
    """The customer's money back, whole, before the screening: tickets revoked, seats free, stock back.

    Raises NotFound, WrongState (not paid), OrderOver (it has begun), AlreadyAdmitted (somebody is in).
    """
    order = reading.locked(token)
    if order.state in (CANCELLED, REFUNDED) and order.paid_at:
        return  # a second click
    if order.state != PAID:
        raise WrongState(order.state)
    if not order.can_cancel:
        raise OrderOver(order.state)
    tickets.revoke(order.id)
    _give_back(order, "customer")
    _tell(order, "order_cancelled", {"amount": order.total})


def call_off(order_id: uuid.UUID, reason: str) -> None:
    """The cinema cancelled the screening: whatever the order's state, it ends, and all money goes back."""
    order = reading.locked_by_id(order_id)
    if order.state in (DRAFT, AWAITING):
        payments.cancel_live_charge(order.id, "abandoned")
        let_go(order)
        move(order.id, "abandon", CANCELLED, "called_off")
    elif order.state == PAID:
        if not any(ticket.state == "admitted" for ticket in tickets.of_order(order.id)):
            tickets.revoke(order.id)
        _give_back(order, "called_off")
    elif order.state == RESEAT:
        if order.reseat_reservation_id:
            reservations.release(order.reseat_reservation_id)
        if order.reseat_receipt_id:
            payments.refund(order.reseat_receipt_id, None, "called_off")
        move(order.id, "refund", REFUNDED, "called_off")
    else:
        return
    if order.email:
        paid = order.total if order.state in (PAID, RESEAT) else 0
        _tell(order, "screening_cancelled", {"amount": paid, "reason": reason})


def _give_back(order: OrderView, reason: str) -> None:
    move(order.id, "cancel", CANCELLED, reason)
    let_go(order)
    payments.refund_order(order.id, None, reason)


def _tell(order: OrderView, template: str, more: dict[str, object]) -> None:
    if not order.email:
        return
    outbox.publish(
        NoticeRequested(template=template, email=order.email, locale=order.locale, facts=facts(order) | more)
    )


def facts(order: OrderView) -> dict[str, object]:
    """What every mail about an order may say; JSON."""
    screening = order.screening
    return {
        "name": order.name or "",
        "order_id": str(order.id),
        "was_paid": order.paid_at is not None,
        "order_code": order.code,
        "order_path": order.path,
        "film": screening.film.title_in(order.locale),
        "cinema": screening.cinema.name,
        "place": f"{screening.cinema.address}, {screening.cinema.city}",
        "auditorium": screening.auditorium_name,
        "starts_at": screening.starts_at.isoformat(),
        "ends_at": screening.ends_at.isoformat(),
        "timezone": screening.showtime.timezone,
        "starts_local": screening.showtime.clock.isoformat(),
        "seats": [seat.name for seat in order.seats],
        "total": order.total,
    }
