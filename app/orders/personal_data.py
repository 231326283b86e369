"""Export and erasure of a person's data in orders, by e-mail and account."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import text

from app.core import db, erasures, outbox
from app.core.messages import NoticeRequested
from app.core.state_machine import none_of, one_of
from app.orders import lifecycle, queries, retention
from app.orders.states import OPEN_STATES, RESEAT, UNPAID_STATES
from app.orders.views import OrderView
from app.payments import service as payments
from app.products import service as products
from app.tickets import service as tickets

_IS_OF_PERSON = "(lower(o.email) = lower(:email) or o.user_id = :user_id)"
_ALL = text(f"select o.id from orders.orders o where {_IS_OF_PERSON} order by o.created_at")  # noqa: S608
_OPEN = text(
    f"select o.id from orders.orders o where {_IS_OF_PERSON}"  # noqa: S608 (no value is put in)
    f" and {one_of('o.state', OPEN_STATES)} order by o.id"
)
_ENDED = text(
    f"select o.id, o.code from orders.orders o where {_IS_OF_PERSON} and o.erased_at is null"  # noqa: S608
    f" and {none_of('o.state', OPEN_STATES)} order by o.id for update"
)


@dataclass(frozen=True, slots=True)
class Erased:
    """The numbers of orders from which the person was erased, and of unsent mails that were withdrawn."""

    orders: int
    mails: int


def export(email: str, user_id: int | None) -> list[dict[str, object]]:
    """The person's orders, the oldest first, with their tickets and payments, as JSON.

    `user_id` is the account's, which may have bought under another e-mail. Amounts in centavos, times ISO 8601.
    """
    ids = db.session().execute(_ALL, {"email": email, "user_id": user_id}).scalars().all()
    return [_exported(queries.by_id(order_id)) for order_id in ids]


def _exported(order: OrderView) -> dict[str, object]:
    screening = order.screening
    return {
        "code": order.code,
        "state": order.state,
        "name": order.name,
        "email": order.email,
        "cpf": order.cpf,
        "locale": order.locale,
        "film": screening.film.title_in(order.locale),
        "cinema": screening.cinema.name,
        "starts_at": screening.starts_at.isoformat(),
        "created_at": order.created_at.isoformat(),
        "paid_at": order.paid_at.isoformat() if order.paid_at else None,
        "ended_at": order.ended_at.isoformat() if order.ended_at else None,
        "end_reason": order.end_reason,
        "method": order.method,
        "total": order.total,
        "seats": [
            {
                "seat": seat.name,
                "type": seat.ticket_type,
                "half_price_for": seat.half_kind,
                "price": seat.price,
            }
            for seat in order.seats
        ],
        "concessions": [
            {"name": item.name, "quantity": item.quantity, "unit_price": item.unit_price}
            for item in order.items
        ],
        "tickets": tickets.export_tickets(order.id),
        "pickup": products.export_pickup(order.id),
        "payments": payments.export_payments(order.id),
    }


def open_orders(email: str, user_id: int | None) -> list[uuid.UUID]:
    """The person's orders that are unpaid or have an offer of other seats."""
    return list(db.session().execute(_OPEN, {"email": email, "user_id": user_id}).scalars())


def end_open_order(order_id: uuid.UUID) -> None:
    """End an open order as its buyer could: release its claims, refund its receipt. Other orders stay as they are."""
    order = queries.locked_by_id(order_id)
    if order.state in UNPAID_STATES:
        lifecycle.end_unpaid(order)
    elif order.state == RESEAT:
        lifecycle.refund_offer(order, "declined")


def erase(email: str, user_id: int | None) -> Erased:
    """Erase the person from every order that is not open. A second call changes nothing.

    Amounts, dates and code stay, and the CPF of a paid order. The PDF is deleted by message; tickets stay valid.
    """
    rows = db.session().execute(_ENDED, {"email": email, "user_id": user_id}).all()
    mails = tickets.withdraw_documents([row.id for row in rows])
    for row in rows:
        mails += outbox.withdraw(NoticeRequested, facts={"order_code": row.code})
    erasures.record(order_codes=[row.code for row in rows])
    retention.erase([row.id for row in rows])
    return Erased(len(rows), mails)
