"""Message handlers and ticks of order-service."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.core import db, outbox
from app.core.errors import NotFound, Poison
from app.core.handling import Attempt
from app.core.messages import (
    ChargeFailed,
    HoldExpired,
    Message,
    OrderCalledOff,
    OrderScreeningChanged,
    PaymentReceived,
    RefundSettled,
    ScreeningCancelled,
    ScreeningChanged,
)
from app.core.worker import Tick
from app.events import service as events
from app.orders import (
    lifecycle,
    notices,
    partner_events,
    pickups,
    queries,
    reseat,
    retention,
    screening_changes,
    settlement,
    states,
)
from app.payments import service as payments


def on_payment_received(message: PaymentReceived, attempt: Attempt) -> None:
    """Settle the receipt: it buys the tickets, or is refunded."""
    paid_at = datetime.fromisoformat(message.paid_at) if message.paid_at else None
    with attempt.transaction():
        try:
            settlement.settle(
                uuid.UUID(message.receipt_id), uuid.UUID(message.order_id), message.amount, paid_at
            )
        except NotFound as error:
            raise Poison(f"receipt of an unknown order: {error}") from error


def on_charge_failed(message: ChargeFailed, attempt: Attempt) -> None:
    """Change nothing: the order waits until its deadline, and its page offers another try."""
    with attempt.transaction():
        pass


def on_refund_settled(message: RefundSettled, attempt: Attempt) -> None:
    """Mark a cancelled order refunded once all its refunds are done, and mail the buyer about each refund."""
    with attempt.transaction():
        order = queries.locked_by_id(uuid.UUID(message.order_id))
        if message.state != "refunded":
            return  # the refund failed: staff see it in a list, and the order stays as it is
        refunds = payments.refunds_of(order.id)
        state = order.state
        if (
            order.state == states.CANCELLED
            and order.paid_at
            and all(one.state == "refunded" for one in refunds)
        ):
            lifecycle.mark_refunded(order.id, order.end_reason)
            state = states.REFUNDED
        for settled in refunds:
            if str(settled.id) == message.refund_id:
                partner_events.publish_refunded(order, state, settled, refunds)
        notices.request_notice(order, "order_refunded", amount=message.amount)


def on_screening_cancelled(message: ScreeningCancelled, attempt: Attempt) -> None:
    """Publish a message for each order of the screening: one that fails does not hold up the others."""
    with attempt.transaction():
        _call_off({message.screening_id: message.reason})


# Each order gets one message only, even if it becomes a dead letter. Skip locked orders: the next tick finds them.
_TO_CALL_OFF = text(
    """
    with still_open as (
        select id from orders.orders
        where screening_id = any(:screening_ids) and state = any(:states) and called_off_at is null
        order by id for update skip locked
    )
    update orders.orders o set called_off_at = clock_timestamp() from still_open where o.id = still_open.id
    returning o.id, o.screening_id
    """
)


def _call_off(reasons: Mapping[int, str]) -> None:
    """Publish OrderCalledOff for the orders of these screenings; `reasons` by screening."""
    values = {
        "screening_ids": list(reasons),
        "states": [*states.OPEN_STATES, states.PAID],
    }
    for order in db.session().execute(_TO_CALL_OFF, values).all():
        outbox.publish(OrderCalledOff(order_id=str(order.id), reason=reasons[order.screening_id]))


def call_off_late_orders() -> None:
    """Call off orders that were started or paid in the same second in which their screening was called off."""
    with db.transaction():
        if reasons := events.cancel_reasons():
            _call_off(reasons)


def on_order_called_off(message: OrderCalledOff, attempt: Attempt) -> None:
    with attempt.transaction():
        lifecycle.call_off(uuid.UUID(message.order_id), message.reason)


def on_screening_changed(message: ScreeningChanged, attempt: Attempt) -> None:
    """Publish a message for each buyer: one that fails does not hold up the others."""
    with attempt.transaction():
        for order_id in screening_changes.orders_to_notify(message.screening_id, message.revision):
            outbox.publish(OrderScreeningChanged(str(order_id)))


def on_order_screening_changed(message: OrderScreeningChanged, attempt: Attempt) -> None:
    with attempt.transaction():
        screening_changes.notify_buyer(uuid.UUID(message.order_id))


def on_hold_expired(message: HoldExpired, attempt: Attempt) -> None:
    """Expire the order, or its offer of other seats, when the hold of the seats has expired."""
    reservation_id = uuid.UUID(message.reservation_id)
    with attempt.transaction():
        order_id = queries.id_by_reservation(reservation_id)
        if order_id is None:
            return
        order = queries.locked_by_id(order_id)
        if order.reseat_reservation_id == reservation_id and order.state == states.RESEAT:
            lifecycle.refund_offer(order, "offer over")
        elif order.reservation_id == reservation_id:
            lifecycle.expire(order_id)


HANDLERS: dict[type[Message], Callable[[Any, Attempt], None]] = {
    PaymentReceived: on_payment_received,
    ChargeFailed: on_charge_failed,
    RefundSettled: on_refund_settled,
    ScreeningCancelled: on_screening_cancelled,
    OrderCalledOff: on_order_called_off,
    ScreeningChanged: on_screening_changed,
    OrderScreeningChanged: on_order_screening_changed,
    HoldExpired: on_hold_expired,
}
TICKS = [
    Tick("orders.reseats", 10.0, reseat.end_overdue_offers),
    Tick("orders.latecomers", 15.0, call_off_late_orders),
    Tick("orders.pickup_queue", 15.0, pickups.queue_coming_orders),
    Tick("orders.retention", 3600.0, retention.delete_old_data),
]
