"""Late money whose seats have gone: other seats of the same price are held for it, or it goes back by itself."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import text

from app.core import db, outbox
from app.core.config import settings
from app.core.errors import Conflict, TooMany
from app.core.messages import NoticeRequested
from app.events import service as events
from app.orders import half_places, reading, states
from app.orders.ending import expire, facts, move
from app.orders.states import AWAITING, REFUNDED, RESEAT
from app.orders.views import OrderOver, OrderView
from app.payments import service as payments
from app.products import service as products
from app.reservations import service as reservations
from app.reservations.service import Reservation, SeatsLost

_OFFER = text(
    """
    update orders.orders set state = :state, reseat_reservation_id = :reservation_id,
      reseat_receipt_id = :receipt_id, reseat_until = :until
    where id = :id and state = any(:before) returning 1
    """
)
_SEATS = text(
    """
    update orders.order_seats s set seat_id = new.seat_id
    from jsonb_to_recordset(cast(:seats as jsonb)) as new(position integer, seat_id integer)
    where s.order_id = :id and s.position = new.position
    """
)
_MOST_TRIES = 4


def offer(order: OrderView, receipt_id: uuid.UUID) -> str | None:
    """Hold other seats for the buyer for a while; None when there are none as good."""
    if order.state == AWAITING:
        expire(order.id)
        order = reading.by_id(order.id)
    held = _other_seats(order)
    if held is None:
        return None
    values = {
        "id": order.id,
        "state": RESEAT,
        "reservation_id": held.id,
        "receipt_id": receipt_id,
        "until": held.deadline,
        "before": list(states.before("offer_seats")),
    }
    if db.session().execute(_OFFER, values).first() is None:
        raise RuntimeError(f"order {order.id} left {order.state} under its lock")
    by_id = events.seat_plan(order.screening.auditorium_id).by_id
    names = [by_id[seat_id].name for seat_id in held.seat_ids]
    if order.email:
        more = {"new_seats": names, "until": held.deadline.isoformat()}
        outbox.publish(NoticeRequested("reseat_offer", order.email, order.locale, facts(order) | more))
    return RESEAT


def _other_seats(order: OrderView) -> Reservation | None:
    """Seats at the same prices, the nearest ones first: what `SeatsLost` offers is tried until one is held."""
    tries: list[tuple[int, ...]] = [tuple(seat.seat_id for seat in order.seats)]
    seen: set[tuple[int, ...]] = set()
    for _ in range(_MOST_TRIES):
        wanted = next((seats for seats in tries if seats not in seen), None)
        if wanted is None:
            return None
        seen.add(wanted)
        try:
            with db.session().begin_nested():
                return reservations.hold_seats(
                    order.screening,
                    wanted,
                    visitor=f"reseat:{order.id}",
                    address_key=f"reseat:{order.id}",
                    minutes=settings().offer_minutes,
                )
        except SeatsLost as lost:
            tries += [
                tuple(sorted((*lost.kept, *instead)))
                for instead in lost.alternatives
                if _prices(order, (*lost.kept, *instead)) == sorted(seat.full_price for seat in order.seats)
            ]
        except (Conflict, TooMany):
            return None
    return None


def _prices(order: OrderView, seat_ids: Sequence[int]) -> list[int]:
    by_id = events.seat_plan(order.screening.auditorium_id).by_id
    return sorted(order.screening.prices[by_id[seat_id].zone_id] for seat_id in seat_ids)


def accept(token: str) -> None:
    """The buyer takes the other seats: paid, with tickets for them. Raises NotFound, OrderOver, NotHeld."""
    from app.orders.settlement import pay

    order = reading.locked(token)
    if order.state == states.PAID:
        return  # a second click
    if order.state != RESEAT or order.reseat_reservation_id is None or order.reseat_receipt_id is None:
        raise OrderOver(order.state)
    if order.reseat_until is not None and order.read_at >= order.reseat_until:
        raise OrderOver(order.state)
    if not reservations.confirm(order.reseat_reservation_id):
        raise OrderOver(order.state)
    new = _by_price(order, reservations.seats_of(order.reseat_reservation_id))
    rows = [{"position": position, "seat_id": seat_id} for position, seat_id in enumerate(new, start=1)]
    db.session().execute(_SEATS, {"id": order.id, "seats": json.dumps(rows)})
    moved = reading.by_id(order.id)
    pay(replace(moved, state=RESEAT), order.reseat_receipt_id, order.reseat_reservation_id)


def _by_price(order: OrderView, seat_ids: Sequence[int]) -> list[int]:
    """The new seats in the order of the old ones, each at its old one's price: types and prices stay as paid."""
    by_id = events.seat_plan(order.screening.auditorium_id).by_id
    left = list(seat_ids)
    chosen: list[int] = []
    for seat in order.seats:
        match = next(
            seat_id for seat_id in left if order.screening.prices[by_id[seat_id].zone_id] == seat.full_price
        )
        left.remove(match)
        chosen.append(match)
    return chosen


def decline(token: str) -> None:
    """The buyer takes the money back instead. Raises NotFound, OrderOver."""
    order = reading.locked(token)
    if order.state == REFUNDED:
        return
    if order.state != RESEAT:
        raise OrderOver(order.state)
    give_up(order, "declined")


def give_up(order: OrderView, reason: str) -> None:
    """No other seats after all: they are let go, and the money goes back by itself."""
    if order.reseat_reservation_id is not None:
        reservations.release(order.reseat_reservation_id)
    half_places.release(order.id)
    products.release(order.id)
    if order.reseat_receipt_id is not None:
        payments.refund(order.reseat_receipt_id, None, reason)
    move(order.id, "refund", REFUNDED, reason)


def end_overdue() -> int:
    """Offers whose time is over: money back. Each in a transaction of its own; returns how many."""
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
            order = reading.locked_by_id(order_id)
            if order.state == RESEAT and order.reseat_until and order.reseat_until <= order.read_at:
                give_up(order, "offer over")
                ended += 1
    return ended
