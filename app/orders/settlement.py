"""Settling: a receipt becomes tickets, or goes back whole. One transaction, the order's lock first.

Exactly one receipt wins the conditional update to paid. Every other one (a second payment, a wrong amount, money
that came too late for its seats or its film) is refunded by itself, whole.

When the customer paid decides whether money is late, not when the provider told us (docs/decisions/15-late-money.md).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import text

from app.core import db, outbox
from app.core.messages import OrderPaid
from app.events import service as events
from app.orders import half_places, reading, reseating
from app.orders.choosing import claims_end
from app.orders.ending import facts
from app.orders.pricing import TypeChoice, quota_places
from app.orders.states import AWAITING, ORDER, PAID, RESEAT
from app.orders.views import OrderOver, OrderSeat, OrderView
from app.payments import service as payments
from app.products import service as products
from app.reservations import service as reservations
from app.tickets import service as tickets
from app.tickets.service import Concession, IssueFacts, TicketLine

_SETTLE = ORDER.move(
    "settle",
    columns="paid_at = clock_timestamp(), ended_at = null, end_reason = null, reservation_id = :reservation_id,"
    " reseat_reservation_id = null, reseat_until = null",
)


def settle(receipt_id: uuid.UUID, order_id: uuid.UUID, amount: int, paid_at: datetime | None = None) -> str:
    """What the money became: paid, reseat_offered, or refunded. The caller commits.

    `paid_at` is when the customer paid, as payment-service trusts it; None: unknown, and now counts. Told of the same
    receipt again, it changes nothing and gives the order's state.
    """
    order = reading.locked_by_id(order_id)
    if order.state != AWAITING and _has_its_use(order, receipt_id):
        return order.state
    if order.state not in ORDER.before("settle") or order.state == RESEAT:
        return _refund(receipt_id, f"order is {order.state}")
    if amount != order.total:
        return _refund(receipt_id, "amount")
    if hindrance := _hindrance(order, _is_in_time(order, paid_at)):
        return _refund(receipt_id, hindrance)
    if _seats_are_sold(order):
        pay(order, receipt_id, order.reservation_id)
        return PAID
    # The seats went to others. The order expires now if the clockwork has not done it yet.
    return reseating.offer(order, receipt_id) or _refund(receipt_id, "seats taken")


def _has_its_use(order: OrderView, receipt_id: uuid.UUID) -> bool:
    """Whether this receipt bought the tickets, stands behind an offer of other seats, or goes back already."""
    if receipt_id == order.reseat_receipt_id:
        return True
    bought = any(one.settled and one.id == receipt_id for one in payments.receipts_of(order.id))
    return bought or any(one.receipt_id == receipt_id for one in payments.refunds_of(order.id))


def _hindrance(order: OrderView, in_time: bool) -> str | None:
    """Why nobody could see the film for this money. Late money buys only what anybody could still buy."""
    screening = order.screening
    if screening.status != "scheduled":
        return "screening cancelled"
    if order.read_at >= screening.ends_at:
        return "screening over"
    if not in_time and order.read_at >= screening.sales_close_at:
        return "sales closed"
    if _claims_stand(order):
        return None
    # Cancelling a screening does not look for expired orders: lock its status until this one is paid.
    return None if events.keep_scheduled(screening.id) else "screening cancelled"


def _is_in_time(order: OrderView, paid_at: datetime | None) -> bool:
    """Whether the customer paid while the order's seats were held for it, however late we are told."""
    return (paid_at or order.read_at) < claims_end(order.deadline)


def _claims_stand(order: OrderView) -> bool:
    return order.state == AWAITING and order.read_at < claims_end(order.deadline)


def _seats_are_sold(order: OrderView) -> bool:
    """Claims that have run out are taken again first: which of them are still its own is locked in the same pass."""
    if _claims_stand(order) and reservations.confirm(order.reservation_id):
        return True
    return reservations.reclaim(order.reservation_id, order.read_at) and reservations.confirm(
        order.reservation_id
    )


def _refund(receipt_id: uuid.UUID, reason: str) -> str:
    payments.refund(receipt_id, None, reason)
    return "refunded"


def settle_free(order_id: uuid.UUID) -> None:
    """An order that costs nothing is paid as soon as its buyer is known. Raises OrderOver when its seats have gone."""
    order = reading.locked_by_id(order_id)
    if not reservations.confirm(order.reservation_id):
        raise OrderOver(order.state)
    pay(order, None, order.reservation_id)


def pay(order: OrderView, receipt_id: uuid.UUID | None, reservation_id: uuid.UUID) -> None:
    """The order is paid: places and stock sold, tickets issued, and the rest follows by message.

    `receipt_id` is the money's, None where none was asked for.
    """
    _SETTLE.require(id=order.id, reservation_id=reservation_id)
    chosen = {seat.seat_id: TypeChoice(seat.ticket_type, seat.half_kind) for seat in order.seats}
    if places := quota_places(chosen):
        half_places.sell(order.id, order.screening.id, places)
    items = order.items if _stock_is_sold(order) else ()
    if receipt_id is not None:
        payments.mark_settled(receipt_id)
        if order.items_total and not items:
            payments.refund(receipt_id, order.items_total, "stock")
    tickets.issue(
        issue_facts(order, tuple(Concession(item.quantity, item.name, item.name_en) for item in items)),
        [line(seat) for seat in order.seats],
    )
    outbox.publish(
        OrderPaid(
            order_id=str(order.id),
            order_code=order.code,
            order_path=order.path,
            email=order.email or "",
            name=order.name or "",
            locale=order.locale,
            facts=facts(order) | {"items_returned": bool(order.items) and not items},
        )
    )


def _stock_is_sold(order: OrderView) -> bool:
    """Money that came late can find the counter sold out: then the snacks alone are given back."""
    if not order.items or products.sell(order.id, order.screening.ends_at):
        return True
    products.release(order.id)
    db.session().execute(text("delete from orders.order_items where order_id = :id"), {"id": order.id})
    db.session().execute(
        text("update orders.orders set total = :total where id = :id"),
        {"id": order.id, "total": order.seats_total},
    )
    return False


def line(seat: OrderSeat) -> TicketLine:
    return TicketLine(
        seat_id=seat.seat_id,
        seat_name=seat.name,
        row_label=seat.row_label,
        seat_number=seat.number,
        zone_name=seat.zone_name,
        ticket_type=seat.ticket_type,
        half_kind=seat.half_kind,
        price=seat.price,
        section=seat.section,
    )


def issue_facts(order: OrderView, concessions: tuple[Concession, ...]) -> IssueFacts:
    screening, film, cinema = order.screening, order.screening.film, order.screening.cinema
    return IssueFacts(
        order_id=order.id,
        order_code=order.code,
        screening_id=screening.id,
        film_title=film.title,
        film_title_en=film.title_en,
        original_title=film.original_title,
        year=film.year,
        age_rating=film.age_rating,
        duration_minutes=film.duration_minutes,
        version=screening.version,
        format=screening.format,
        cinema_id=cinema.id,
        cinema_name=cinema.name,
        cinema_address=cinema.address,
        auditorium_name=screening.auditorium_name,
        auditorium_label=screening.auditorium_label,
        stock=screening.stock,
        starts_at=screening.starts_at,
        ends_at=screening.ends_at,
        timezone=screening.showtime.timezone,
        starts_local=screening.showtime.clock,
        locale=order.locale,
        concessions=concessions,
    )
