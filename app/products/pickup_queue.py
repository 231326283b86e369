"""The queue at the counter: orders with something to hand out, by the start of their screening.

An order in the queue has a number that is called on the screen of the foyer (`C12`). It is short, new each day at each
site, and says nothing about the customer.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, text

from app.core import db
from app.core.db import after_lock
from app.core.errors import Conflict
from app.core.state_machine import one_of
from app.products import pickup_moves
from app.products.pickup_moves import has_left
from app.products.pickups import HandoutLine
from app.products.states import CALLED, QUEUED_STATES, WAITING

NUMBER_PREFIX = "C"
MAX_QUEUE = 200
# A screening that began so long ago has left the queue; what is left of its orders is still handed out.
SHOWN_AFTER_START = "interval '3 hours'"
SHOWN_AFTER_CALL = "interval '30 minutes'"

_LOCK_NUMBERS = "select pg_advisory_xact_lock(hashtext('products.pickup_calls'))"
_JOIN = after_lock(
    _LOCK_NUMBERS,
    f"""
    with entries as (
        select e.* from jsonb_to_recordset(cast(:entries as jsonb))
          as e (order_id uuid, cinema_id int, screening_id int, starts_at timestamptz, day date)
        where {has_left("e.order_id")}
          and not exists (select from products.pickup_calls c where c.order_id = e.order_id)
    ), newest as (
        select cinema_id, day, max(number) as number from products.pickup_calls
        where (cinema_id, day) in (select cinema_id, day from entries) group by cinema_id, day
    )
    insert into products.pickup_calls (order_id, cinema_id, screening_id, starts_at, day, number, state)
    select e.order_id, e.cinema_id, e.screening_id, e.starts_at, e.day,
        coalesce(n.number, 0) + row_number() over (partition by e.cinema_id, e.day order by e.starts_at, e.order_id),
        '{WAITING}'
    from entries e left join newest n on n.cinema_id = e.cinema_id and n.day = e.day
    """,  # noqa: S608 (constants only)
)
_ASK = text(
    "update products.pickup_calls set asked_at = coalesce(asked_at, clock_timestamp()) where order_id = :order_id"
)
_QUEUED = text("select order_id from products.pickup_calls where order_id = any(:order_ids)")
_VIEW = """
    select c.*, (
        select jsonb_agg(jsonb_build_object('name', p.name, 'name_en', p.name_en, 'quantity', rest.quantity)
          order by p.position, p.id)
        from (
            select i.part_id, sum(i.quantity - i.handed_out) as quantity from products.pickup_items i
            where i.order_id = c.order_id and i.closed_at is null and i.handed_out < i.quantity group by i.part_id
        ) rest join products.products p on p.id = rest.part_id
    ) as items
    from products.pickup_calls c
"""
_QUEUE = text(
    f"""
    {_VIEW}
    where c.cinema_id = :cinema_id and {one_of("c.state", QUEUED_STATES)}
      and c.starts_at > clock_timestamp() - {SHOWN_AFTER_START} and {has_left("c.order_id")}
    order by c.starts_at, c.asked_at nulls last, c.number limit :most
    """
)
_CALLED = text(
    f"""
    {_VIEW}
    where c.cinema_id = :cinema_id and {one_of("c.state", (CALLED,))}
      and c.called_at > clock_timestamp() - {SHOWN_AFTER_CALL} and {has_left("c.order_id")}
    order by c.called_at desc, c.number limit :most
    """
)
_OF_ORDER = text(f"{_VIEW} where c.order_id = :order_id")


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """An order that joins the queue of a site. `day` is the cinema day of its screening."""

    order_id: uuid.UUID
    cinema_id: int
    screening_id: int
    starts_at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class PickupCall:
    """An order in the queue. `items` are what is left to hand out. `asked_at`: when the customer asked for it."""

    order_id: uuid.UUID
    cinema_id: int
    screening_id: int
    starts_at: datetime
    number: str
    is_called: bool
    is_waiting: bool
    asked_at: datetime | None
    called_at: datetime | None
    items: tuple[HandoutLine, ...]


class NotQueued(Conflict):
    """The order is not in the queue of this site, or nothing of it is left to hand out."""

    def __init__(self) -> None:
        super().__init__("pickup.not_queued")


def join_queue(entries: Iterable[QueueEntry]) -> None:
    """Put orders into the queue; those that were there, and those with nothing to hand out, stay as they are."""
    rows = [
        {
            "order_id": str(one.order_id),
            "cinema_id": one.cinema_id,
            "screening_id": one.screening_id,
            "starts_at": one.starts_at.isoformat(),
            "day": one.day.isoformat(),
        }
        for one in entries
    ]
    if rows:
        db.session().execute(_JOIN, {"entries": json.dumps(rows)})


def ask_for_pickup(order_id: uuid.UUID) -> None:
    """Record that the customer of an order in the queue is there: the counter prepares it first."""
    db.session().execute(_ASK, {"order_id": order_id})


def not_queued(order_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Those of the orders that have never been in the queue."""
    known = set(db.session().execute(_QUEUED, {"order_ids": list(order_ids)}).scalars())
    return [one for one in order_ids if one not in known]


def pickup_queue(cinema_id: int) -> list[PickupCall]:
    """The queue of a site, by the start of the screening; of one screening those first whose customers asked."""
    rows = db.session().execute(_QUEUE, {"cinema_id": cinema_id, "most": MAX_QUEUE})
    return [_call(row) for row in rows]


def called_pickups(cinema_id: int, *, most: int) -> list[PickupCall]:
    """The orders that were called lately at a site, the newest first."""
    rows = db.session().execute(_CALLED, {"cinema_id": cinema_id, "most": most})
    return [_call(row) for row in rows]


def pickup_call(order_id: uuid.UUID) -> PickupCall | None:
    """The order's place in the queue, also when nothing is left; None if it never joined."""
    row = db.session().execute(_OF_ORDER, {"order_id": order_id}).one_or_none()
    return _call(row) if row is not None else None


def call_pickup(order_id: uuid.UUID, *, cinema_id: int) -> None:
    """Call the customer of an order in the queue, or once more. Raises NotQueued."""
    if not pickup_moves.call(order_id, cinema_id):
        raise NotQueued


def stop_calling_pickup(order_id: uuid.UUID, *, cinema_id: int) -> None:
    """Take an order's number off the screen; it waits again. Raises NotQueued if it was not called."""
    if not pickup_moves.stop_calling(order_id, cinema_id):
        raise NotQueued


def _call(row: Row[Any]) -> PickupCall:
    return PickupCall(
        order_id=row.order_id,
        cinema_id=row.cinema_id,
        screening_id=row.screening_id,
        starts_at=row.starts_at,
        number=f"{NUMBER_PREFIX}{row.number}",
        is_called=row.state == CALLED,
        is_waiting=row.state == WAITING,
        asked_at=row.asked_at,
        called_at=row.called_at,
        items=tuple(HandoutLine(**one) for one in row.items or ()),
    )
