"""Changes of a basket: ticket types, concessions, seats, more time. Each verb locks the order first.

Each verb raises NotFound for an actor who does not own the order.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.config import settings
from app.core.errors import Invalid
from app.events import service as events
from app.orders import half_price_claims, pricing, queries
from app.orders.pricing import TypeChoice
from app.orders.states import DRAFT
from app.orders.views import NoMoreExtensions, OrderItem, OrderOver, OrderSeat, OrderView
from app.products import service as products
from app.reservations import service as reservations

_TYPES = text(
    """
    with chosen as (
        select * from jsonb_to_recordset(cast(:choices as jsonb))
          as choice(seat_id integer, ticket_type text, half_kind text, price integer)
    ), written as (
        update orders.order_seats s set ticket_type = chosen.ticket_type, half_kind = chosen.half_kind,
          price = chosen.price
        from chosen where s.order_id = :id and s.seat_id = chosen.seat_id returning 1
    )
    update orders.orders set total = :total, types_chosen = true, age_confirmed = :age_confirmed
    where id = :id and (select count(*) from written) = :seats returning 1
    """
)
_ITEMS = text(
    """
    with wanted as (
        select * from jsonb_to_recordset(cast(:items as jsonb))
          as item(product_id integer, name text, name_en text, quantity integer, unit_price integer)
    ), deleted as (
        delete from orders.order_items i where i.order_id = :id
          and not exists (select 1 from wanted where wanted.product_id = i.product_id)
    ), kept as (
        insert into orders.order_items (order_id, product_id, name, name_en, quantity, unit_price)
        select :id, product_id, name, name_en, quantity, unit_price from wanted
        on conflict (order_id, product_id) do update set quantity = excluded.quantity,
          unit_price = excluded.unit_price, name = excluded.name, name_en = excluded.name_en
    )
    update orders.orders set total = :total, concessions_chosen = true where id = :id
    """
)
_SEATS = text(
    """
    with wanted as (
        select * from jsonb_to_recordset(cast(:seats as jsonb))
          as seat(seat_id integer, position integer, full_price integer, ticket_type text, half_kind text,
                  price integer)
    ), deleted as (
        delete from orders.order_seats s where s.order_id = :id
          and not exists (select 1 from wanted where wanted.seat_id = s.seat_id)
    ), kept as (
        insert into orders.order_seats (order_id, seat_id, position, full_price, ticket_type, half_kind, price)
        select :id, seat_id, position, full_price, ticket_type, half_kind, price from wanted
        on conflict (order_id, seat_id) do update set position = excluded.position,
          full_price = excluded.full_price, ticket_type = excluded.ticket_type, half_kind = excluded.half_kind,
          price = excluded.price
    )
    update orders.orders set total = :total, types_chosen = :types_chosen where id = :id
    """
)


def claims_expiry(deadline: datetime) -> datetime:
    """The time at which the claims of an order expire: its deadline and the grace, which no page shows."""
    return deadline + timedelta(seconds=settings().holds.grace_seconds)


def choose_types(
    token: str, choices: Mapping[int, TypeChoice], actor: Actor, *, age_confirmed: bool = False
) -> OrderView:
    """Set the ticket type of every seat, and the prices that follow from it. Returns the changed order.

    Raises OrderOver, HalfPriceGone, and Invalid: `types.missing`, `types.kind_missing`, `types.companion_alone`,
    `types.foreign_seat` (field `seat-<id>`), `age.unconfirmed` (field `age`).
    """
    order = queries.open_for_changes(token, actor)
    for problem in type_problems(order, choices, age_confirmed=age_confirmed):
        raise problem
    valid = pricing.checked([seat.seat_id for seat in order.seats], choices)
    _claim_half_prices(order, valid)
    seats = tuple(_with_type(seat, valid[seat.seat_id]) for seat in order.seats)
    changed = replace(order, seats=seats, types_chosen=True, age_confirmed=age_confirmed)
    changed = replace(changed, total=changed.seats_total + changed.items_total)
    _write_types(changed)
    return changed


def _write_types(order: OrderView) -> None:
    rows = [
        {
            "seat_id": seat.seat_id,
            "ticket_type": seat.ticket_type,
            "half_kind": seat.half_kind,
            "price": seat.price,
        }
        for seat in order.seats
    ]
    values = {
        "id": order.id,
        "choices": json.dumps(rows),
        "total": order.total,
        "seats": len(rows),
        "age_confirmed": order.age_confirmed,
    }
    if db.session().execute(_TYPES, values).first() is None:
        raise OrderOver(order.state)


def _claim_half_prices(order: OrderView, choices: Mapping[int, TypeChoice]) -> None:
    """Claim the half-price places of these choices instead of those of the order's seats. Raises HalfPriceGone."""
    if places := pricing.quota_places(choices):
        half_price_claims.claim(order.id, order.screening, places, claims_expiry(order.deadline))
    elif any(seat.ticket_type == pricing.HALF for seat in order.seats):
        half_price_claims.release(order.id)


def _with_type(seat: OrderSeat, choice: TypeChoice) -> OrderSeat:
    price = pricing.seat_price(seat.full_price, choice)
    return replace(seat, ticket_type=choice.ticket_type, half_kind=choice.half_kind, price=price)


def type_problems(
    order: OrderView, choices: Mapping[int, TypeChoice], *, age_confirmed: bool = False
) -> list[Invalid]:
    """All errors that `choose_types` could raise for these choices, so that a page can show them together."""
    found = pricing.problems([seat.seat_id for seat in order.seats], choices)
    if order.needs_age_notice and not age_confirmed:
        found.append(Invalid("age.unconfirmed", "age"))
    return found


def half_price_left(screening_id: int) -> tuple[int, int]:
    """(places left, places in all) of a screening's half-price quota."""
    return half_price_claims.places_left(events.screening(screening_id))


def choose_concessions(token: str, wanted: Mapping[int, int], actor: Actor) -> OrderView:
    """Set the order's concessions: quantity by product id, {} for none. Returns the changed order.

    Raises OrderOver, and what `products.hold` raises: OutOfStock, Invalid; then the order keeps its concessions.
    """
    order = queries.open_for_changes(token, actor)
    wanted = {product_id: quantity for product_id, quantity in wanted.items() if quantity != 0}
    lines = []
    if wanted or order.items:
        cinema_id = order.screening.cinema.id
        lines = products.hold(order.id, cinema_id, wanted, claims_expiry(order.deadline))
    items = sorted(
        (
            OrderItem(line.product_id, line.name, line.name_en, line.quantity, line.unit_price)
            for line in lines
        ),
        key=lambda item: item.product_id,
    )
    total = order.seats_total + sum(item.total for item in items)
    rows = json.dumps([asdict(item) for item in items])
    db.session().execute(_ITEMS, {"id": order.id, "items": rows, "total": total})
    return replace(order, items=tuple(items), total=total, concessions_chosen=True)


def change_seats(
    token: str, seat_ids: Sequence[int], actor: Actor, *, single_seat_rule: bool = False
) -> None:
    """Change the seats and keep the hold. Seats that stay keep type and price; new ones get today's full price.

    Raises OrderOver and what `reservations.change_seats` raises; then the old seats are still held.
    """
    order = queries.open_for_changes(token, actor)
    held = reservations.change_seats(order.reservation_id, seat_ids, single_seat_rule=single_seat_rule)
    rows = _seat_rows(order, held.seat_ids)
    if any(seat.ticket_type == pricing.HALF and seat.seat_id not in held.seat_ids for seat in order.seats):
        _claim_half_prices(
            order, {row["seat_id"]: TypeChoice(row["ticket_type"], row["half_kind"]) for row in rows}
        )
    unchanged = {seat.seat_id for seat in order.seats} == set(held.seat_ids)
    values = {
        "id": order.id,
        "seats": json.dumps(rows),
        "total": sum(row["price"] for row in rows) + order.items_total,
        "types_chosen": order.types_chosen and unchanged,
    }
    db.session().execute(_SEATS, values)


def _seat_rows(order: OrderView, seat_ids: Collection[int]) -> list[dict[str, Any]]:
    """The rows of the order for these seats, in the order of the seat plan."""
    by_id = events.seat_plan(order.screening.auditorium_id).by_id
    before = {seat.seat_id: seat for seat in order.seats}
    rows = []
    for position, seat_id in enumerate(
        sorted(seat_ids, key=lambda seat_id: (by_id[seat_id].row_index, by_id[seat_id].column)), start=1
    ):
        old = before.get(seat_id)
        full_price = old.full_price if old else order.screening.prices[by_id[seat_id].zone_id]
        choice = TypeChoice(old.ticket_type, old.half_kind) if old else TypeChoice()
        rows.append(
            {
                "seat_id": seat_id,
                "position": position,
                "full_price": full_price,
                "ticket_type": choice.ticket_type,
                "half_kind": choice.half_kind,
                "price": pricing.seat_price(full_price, choice),
            }
        )
    return rows


def extend(token: str, actor: Actor) -> None:
    """Extend the deadline by some minutes, as often as the settings allow, until a payment has begun.

    Raises OrderOver, NoMoreExtensions, and NotHeld when the seats are lost.
    """
    order = queries.open_for_changes(token, actor)
    if order.extensions_left <= 0:
        raise NoMoreExtensions
    moved = db.session().execute(
        text(
            "update orders.orders set extensions = extensions + 1 where id = :id and state = :state returning 1"
        ),
        {"id": order.id, "state": DRAFT},
    )
    if moved.first() is None:
        raise OrderOver(order.state)
    set_deadline(order, order.deadline + timedelta(minutes=settings().holds.extension_minutes))


def set_deadline(order: OrderView, deadline: datetime) -> None:
    """Set the deadline of a locked order, and the expiry of all its claims, in lock order."""
    reservations.extend(order.reservation_id, deadline)
    if any(seat.half_kind for seat in order.seats):
        half_price_claims.extend(order.id, claims_expiry(deadline))
    if order.items:
        products.extend(order.id, claims_expiry(deadline))
    db.session().execute(
        text("update orders.orders set deadline = :deadline where id = :id"),
        {"id": order.id, "deadline": deadline},
    )
