"""Queries of orders: one joined statement each, and the lock that every verb takes first."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, TextClause, text

from app.core import db
from app.core.actor import Actor
from app.core.config import settings
from app.core.contact import email_for_lookup
from app.core.errors import NotFound
from app.core.state_machine import one_of
from app.events import service as events
from app.events.service import SeatPlan
from app.orders.states import DRAFT, UNPAID_STATES
from app.orders.views import OrderItem, OrderOver, OrderSeat, OrderView

_VIEW = """
    o.*, clock_timestamp() as read_at,
      (select jsonb_agg(to_jsonb(s) order by s.position) from orders.order_seats s where s.order_id = o.id) as seats,
      (select jsonb_agg(to_jsonb(i) order by i.product_id) from orders.order_items i where i.order_id = o.id) as items
"""
_ORDER = f"select {_VIEW} from orders.orders o"  # noqa: S608 (no value is put in)


def _lock_and_read(column: str) -> TextClause:
    """Statement that locks the order, then reads it with its seats and items as committed by the last transaction.

    One statement is not enough: after waiting for the row lock, read committed re-reads the order, but not the rows
    that its subselects found before the wait.
    """
    lock = f"select 1 from orders.orders o where {column} = :key for update"  # noqa: S608 (no value is put in)
    return db.after_lock(lock, f"{_ORDER} where {column} = :key")


_LOCKED_BY_TOKEN, _LOCKED_BY_ID = _lock_and_read("o.token"), _lock_and_read("o.id")
_LONGEST_TOKEN = 64
OFFER_FORM = "offer-"  # prefix of the once-token with which an offer is accepted


def order(token: str) -> OrderView:
    """The order with this token. Raises NotFound."""
    if len(token) > _LONGEST_TOKEN:
        raise NotFound("order")
    return _one(f"{_ORDER} where o.token = :key", token)


def screening_of(token: str) -> int:
    """The id of the order's screening, which never changes. Raises NotFound."""
    if len(token) > _LONGEST_TOKEN:
        raise NotFound("order")
    return int(_row(text("select screening_id from orders.orders where token = :key"), token).screening_id)


def locked(token: str) -> OrderView:
    """The order with this token, locked until the transaction ends: the first lock of every verb. Raises NotFound."""
    if len(token) > _LONGEST_TOKEN:
        raise NotFound("order")
    return _view(_row(_LOCKED_BY_TOKEN, token))


def own(token: str, actor: Actor) -> OrderView:
    """The actor's own order, locked. Raises NotFound for the order of another, as if it did not exist."""
    found = locked(token)
    if not found.belongs_to(actor):
        raise NotFound("order")
    return found


def locked_by_id(order_id: uuid.UUID) -> OrderView:
    """The order with this id, locked. Raises NotFound."""
    return _view(_row(_LOCKED_BY_ID, order_id))


def by_id(order_id: uuid.UUID) -> OrderView:
    """The order with this id. Raises NotFound."""
    return _one(f"{_ORDER} where o.id = :key", order_id)


def open_for_changes(token: str, actor: Actor) -> OrderView:
    """The actor's own order, locked, if its contents may still change. Raises NotFound, OrderOver."""
    found = own(token, actor)
    if found.state != DRAFT or not found.is_open:
        raise OrderOver(found.state)
    return found


def open_orders_of(visitor: str) -> list[OrderView]:
    """The visitor's unpaid orders before their deadline, the newest first."""
    rows = db.session().execute(
        text(
            f"{_ORDER} where o.visitor = :visitor and {one_of('o.state', UNPAID_STATES)}"
            " and o.deadline > clock_timestamp() order by o.created_at desc"
        ),
        {"visitor": visitor},
    )
    return [_view(row) for row in rows]


def started_by_form(visitor: str, once: str) -> list[OrderView]:
    """The visitor's orders that one form created, the newest first; `once` is the form's once-token."""
    rows = db.session().execute(
        text(
            f"{_ORDER} where o.visitor = :visitor and (o.once = :once or starts_with(o.once, :once || '~'))"
            " order by o.created_at desc"
        ),
        {"visitor": visitor, "once": once},
    )
    return [_view(row) for row in rows]


def find(code: str, email: str) -> OrderView | None:
    """The order with this code and e-mail, or None, whichever of the two is wrong."""
    statement = text(f"{_ORDER} where o.code = :code and lower(o.email) = :email")
    row = db.session().execute(statement, {"code": code, "email": email_for_lookup(email)}).one_or_none()
    return _view(row) if row is not None else None


def find_by_code(code: str) -> OrderView | None:
    """The order with this code, or None. For staff: a code is easy to guess, and an order of a kiosk has no e-mail."""
    row = db.session().execute(text(f"{_ORDER} where o.code = :code"), {"code": code}).one_or_none()
    return _view(row) if row is not None else None


def of_account(user_id: int, verified_email: str | None) -> list[OrderView]:
    """The account's orders, the newest first, with guests' orders under its verified e-mail."""
    rows = db.session().execute(
        text(
            f"{_ORDER} where (o.user_id = :user_id or (o.user_id is null and lower(o.email) = lower(:email)))"
            f" and (o.paid_at is not null or ({one_of('o.state', UNPAID_STATES)}"
            " and o.deadline > clock_timestamp())) order by o.created_at desc limit 100"
        ),
        {"user_id": user_id, "email": verified_email},
    )
    return [_view(row) for row in rows]


def buyer_names(order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The buyers' names by order, of those orders that have one."""
    rows = db.session().execute(
        text("select id, name from orders.orders where id = any(:ids) and name is not null"),
        {"ids": list(order_ids)},
    )
    return {row.id: row.name for row in rows}


def id_by_reservation(reservation_id: uuid.UUID) -> uuid.UUID | None:
    """The id of the order to which a reservation belongs, as its own seats or as the seats offered to it."""
    return db.session().execute(
        text("select id from orders.orders where reservation_id = :id or reseat_reservation_id = :id"),
        {"id": reservation_id},
    ).scalar()  # fmt: skip


def _one(statement: str, key: object) -> OrderView:
    return _view(_row(text(statement), key))


def _row(statement: TextClause, key: object) -> Row[Any]:
    row = db.session().execute(statement, {"key": key}).one_or_none()
    if row is None:
        raise NotFound("order")
    return row


def _view(row: Row[Any]) -> OrderView:
    screening = events.screening(row.screening_id)
    return OrderView(
        id=row.id,
        token=row.token,
        code=row.code,
        state=row.state,
        screening=screening,
        reservation_id=row.reservation_id,
        seats=_seats(row, events.seat_plan(screening.auditorium_id)),
        items=tuple(_item(item) for item in row.items or ()),
        total=row.total,
        deadline=row.deadline,
        read_at=row.read_at,
        extensions_left=max(0, settings().holds.max_extensions - row.extensions),
        types_chosen=row.types_chosen,
        age_confirmed=row.age_confirmed,
        concessions_chosen=row.concessions_chosen,
        method=row.method,
        visitor=row.visitor,
        from_offer=row.once.startswith(OFFER_FORM),
        user_id=row.user_id,
        locale=row.locale,
        name=row.name,
        email=row.email,
        cpf=row.cpf,
        created_at=row.created_at,
        paid_at=row.paid_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        reseat_reservation_id=row.reseat_reservation_id,
        reseat_receipt_id=row.reseat_receipt_id,
        reseat_until=row.reseat_until,
        erased_at=row.erased_at,
        channel=row.channel,
        device=row.device,
        partner_id=row.partner_id,
        screening_revision=row.screening_revision,
        agreed=events.former_presentation(screening, row.screening_revision),
    )


def _seats(row: Row[Any], plan: SeatPlan) -> tuple[OrderSeat, ...]:
    return tuple(_seat(seat, plan, row.locale) for seat in row.seats or ())


def _seat(row: dict[str, Any], plan: SeatPlan, locale: str) -> OrderSeat:
    seat = plan.by_id[row["seat_id"]]
    zone = next((zone for zone in plan.zones if zone.id == seat.zone_id), None)
    return OrderSeat(
        seat_id=seat.id,
        name=seat.name,
        row_label=seat.row_label,
        number=seat.number,
        kind=seat.kind,
        zone_name=zone.name_in(locale) if zone and not zone.is_standard else "",
        full_price=row["full_price"],
        ticket_type=row["ticket_type"],
        half_kind=row["half_kind"],
        price=row["price"],
        section=seat.section,
    )


def _item(row: dict[str, Any]) -> OrderItem:
    return OrderItem(row["product_id"], row["name"], row["name_en"], row["quantity"], row["unit_price"])
