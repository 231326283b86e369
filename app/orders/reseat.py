"""Reseats: other seats of the same prices are offered for a late payment whose seats are lost, or it is refunded."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from itertools import islice

from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.config import settings
from app.core.errors import Conflict, TooMany
from app.core.moves import move
from app.events import service as events
from app.orders import notices, queries
from app.orders.completion import complete
from app.orders.lifecycle import expire, refund_offer
from app.orders.states import AWAITING, ORDER, PAID, REFUNDED, RESEAT
from app.orders.views import OrderOver, OrderView
from app.reservations import service as reservations
from app.reservations.service import Reservation, SeatsLost

_OFFER = move(
    ORDER,
    "offer_seats",
    columns="reseat_reservation_id = :reservation_id, reseat_receipt_id = :receipt_id, reseat_until = :until",
)
# Two statements: one seat can be both an old and a new one, and the primary key must be unique at every moment.
_DELETE_SEATS = text("delete from orders.order_seats where order_id = :id")
_INSERT_SEATS = text(
    """
    insert into orders.order_seats (order_id, seat_id, position, full_price, ticket_type, half_kind, price)
    select :id, seat_id, position, full_price, ticket_type, half_kind, price
    from jsonb_to_recordset(cast(:seats as jsonb)) as seat(seat_id integer, position integer, full_price integer,
      ticket_type text, half_kind text, price integer)
    """
)
_MAX_TRIES = 6


def offer(order: OrderView, receipt_id: uuid.UUID) -> str | None:
    """Hold other seats and offer them to the buyer by mail. Returns the order's new state, None without such seats."""
    if order.state == AWAITING:
        expire(order.id)
        order = queries.by_id(order.id)
    held = _other_seats(order)
    if held is None:
        return None
    _OFFER.require(id=order.id, reservation_id=held.id, receipt_id=receipt_id, until=held.deadline)
    by_id = events.seat_plan(order.screening.auditorium_id).by_id
    names = [by_id[seat_id].name for seat_id in held.seat_ids]
    until = held.deadline
    notices.request_notice(order, "reseat_offer", not_after=until, new_seats=names, until=until.isoformat())
    return RESEAT


def _other_seats(order: OrderView) -> Reservation | None:
    """Hold the nearest free seats at the same prices, for as long as an offer lasts; None when there are none."""
    screening = order.screening
    plan = events.seat_plan(screening.auditorium_id)
    taken = reservations.seat_states(screening.id)
    lost = [seat.seat_id for seat in order.seats]
    name = f"reseat:{order.id}"  # a name of its own: the seats must not count in the limits of the buyer
    actor = Actor(visitor=name, address_key=name, channel=order.channel, device=order.device)
    for wanted in islice(reservations.equivalent_seats(plan, screening.prices, lost, taken), _MAX_TRIES):
        try:
            with db.session().begin_nested():
                return reservations.hold_seats(
                    screening, wanted, actor, minutes=settings().holds.offer_minutes
                )
        except SeatsLost:
            continue  # another order took one of them: try the next best seats
        except (Conflict, TooMany):
            return None  # the screening is no longer on sale
    return None


def offered_seats(order: OrderView) -> tuple[str, ...]:
    """The names of the seats that are offered in place of the order's own; () without an offer."""
    if order.reseat_reservation_id is None:
        return ()
    offered = reservations.seats_of(order.reseat_reservation_id)
    plan = events.seat_plan(order.screening.auditorium_id)
    return tuple(seat.name for seat in plan.seats if seat.id in offered)


def accept(token: str) -> None:
    """Accept the other seats: the order is paid and gets tickets for them.

    Raises NotFound, and OrderOver when the offer or the screening is over.
    """
    order = queries.locked(token)
    if order.state == PAID:
        return  # sent twice
    if order.state != RESEAT or order.reseat_reservation_id is None or order.reseat_receipt_id is None:
        raise OrderOver(order.state)
    if order.reseat_until is not None and order.read_at >= order.reseat_until:
        raise OrderOver(order.state)
    if order.screening.status != "scheduled" or order.read_at >= order.screening.ends_at:
        raise OrderOver(order.state)  # `end_overdue_offers` refunds the payment
    new = _matched_to_old_seats(order, reservations.seats_of(order.reseat_reservation_id))
    rows = [
        {
            "seat_id": seat_id,
            "position": position,
            "full_price": old.full_price,
            "ticket_type": old.ticket_type,
            "half_kind": old.half_kind,
            "price": old.price,
        }
        for position, (old, seat_id) in enumerate(zip(order.seats, new, strict=True), start=1)
    ]
    db.session().execute(_DELETE_SEATS, {"id": order.id})
    db.session().execute(_INSERT_SEATS, {"id": order.id, "seats": json.dumps(rows)})
    if not complete(queries.by_id(order.id), order.reseat_reservation_id, order.reseat_receipt_id):
        raise OrderOver(order.state)  # the caller rolls back: the order has its old seats again


def _matched_to_old_seats(order: OrderView, seat_ids: Sequence[int]) -> list[int]:
    """The new seats, each at the position of an old one of the same price and kind: so types and prices stay."""
    by_id = events.seat_plan(order.screening.auditorium_id).by_id
    prices = order.screening.prices
    left = list(seat_ids)
    chosen: list[int] = []
    for old in order.seats:
        like = reservations.price_and_kind(by_id[old.seat_id], prices)
        match = next(
            (one for one in left if reservations.price_and_kind(by_id[one], prices) == like), left[0]
        )
        left.remove(match)
        chosen.append(match)
    return chosen


def decline(token: str) -> None:
    """Decline the other seats: the payment is refunded. Raises NotFound, OrderOver."""
    order = queries.locked(token)
    if order.state == REFUNDED:
        return
    if order.state != RESEAT:
        raise OrderOver(order.state)
    refund_offer(order, "declined")


def end_overdue_offers() -> int:
    """Refund the orders whose offers have expired, each in its own transaction. Returns their number."""
    with db.reading() as session:
        due = session.execute(
            text(
                "select id from orders.orders where state = :state and reseat_until < clock_timestamp()"
                " order by reseat_until limit 100"
            ),
            {"state": RESEAT},
        ).scalars().all()  # fmt: skip
    ended = 0
    for order_id in due:
        with db.transaction():
            order = queries.locked_by_id(order_id)
            if order.state == RESEAT and order.reseat_until and order.reseat_until <= order.read_at:
                refund_offer(order, "offer over")
                ended += 1
    return ended
