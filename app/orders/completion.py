"""Completion: the only way by which an order becomes paid, whether it costs money or not."""

from __future__ import annotations

import uuid
from dataclasses import replace

from sqlalchemy import text

from app.core import db, outbox
from app.core.messages import OrderScreeningChanged
from app.core.moves import move
from app.events import service as events
from app.orders import half_price_claims, notices, partner_events, pickups
from app.orders.pricing import TypeChoice, quota_places
from app.orders.states import ORDER
from app.orders.views import OrderItem, OrderSeat, OrderView
from app.payments import service as payments
from app.products import service as products
from app.reservations import service as reservations
from app.tickets import service as tickets
from app.tickets.service import Concession, IssueFacts, TicketLine

_SETTLE = move(
    ORDER,
    "settle",
    columns="paid_at = clock_timestamp(), ended_at = null, end_reason = null, reservation_id = :reservation_id,"
    " reseat_reservation_id = null, reseat_until = null",
    returning="paid_at",
)


def complete(order: OrderView, reservation_id: uuid.UUID, receipt_id: uuid.UUID | None) -> bool:
    """Sell the seats of the reservation to a locked order, mark the order paid, and issue its tickets.

    Returns False, with nothing changed, when the reservation has lost a seat. `receipt_id` is the receipt that paid for
    the order, None if it costs nothing. PDF and mail follow by message. The tickets show the screening as it is now; if
    it has changed since the buyer agreed to pay, the buyer gets a mail about that.
    """
    if not reservations.confirm(reservation_id):
        return False
    order = replace(order, screening=events.lock_presentation(order.screening))
    paid_at = _SETTLE.require(id=order.id, reservation_id=reservation_id).paid_at
    items = _sell_claims(order)
    if receipt_id is not None:
        payments.mark_settled(receipt_id)
        if order.items_total and not items:
            payments.refund(receipt_id, order.items_total, "stock")
    tickets.issue(_issue_facts(order, items), [_line(seat) for seat in order.seats])
    notices.publish_order_paid(order, items_returned=bool(order.items) and not items)
    partner_events.publish_paid(order, items, paid_at)
    if order.screening_revision != order.screening.revision:
        outbox.publish(OrderScreeningChanged(str(order.id)))
    return True


def _sell_claims(order: OrderView) -> tuple[OrderItem, ...]:
    """Sell the order's half-price places and concessions. Returns the concessions that were sold: all or none."""
    chosen = {seat.seat_id: TypeChoice(seat.ticket_type, seat.half_kind) for seat in order.seats}
    if places := quota_places(chosen):
        half_price_claims.sell(order.id, order.screening.id, places)
    if not order.items:
        return ()
    if products.sell(order.id, order.screening.ends_at):
        pickups.record(order)
        return order.items
    # The concessions of a late payment can be sold out: they are taken out of the order, and their price is refunded.
    products.release(order.id)
    db.session().execute(text("delete from orders.order_items where order_id = :id"), {"id": order.id})
    db.session().execute(
        text("update orders.orders set total = :total where id = :id"),
        {"id": order.id, "total": order.seats_total},
    )
    return ()


def _line(seat: OrderSeat) -> TicketLine:
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


def _issue_facts(order: OrderView, items: tuple[OrderItem, ...]) -> IssueFacts:
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
        paper_colour=screening.paper_colour,
        starts_at=screening.starts_at,
        ends_at=screening.ends_at,
        screening_revision=screening.revision,
        timezone=screening.showtime.timezone,
        starts_local=screening.showtime.clock,
        locale=order.locale,
        partner_id=order.partner_id,
        concessions=tuple(Concession(item.quantity, item.name, item.name_en) for item in items),
    )
