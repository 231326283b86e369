"""What a paid order collects at the counter: each item is handed out once, some now and the rest later.

An item is a stocked product: a combo is handed out as its items, because one guest takes the popcorn now and another
the second soda later.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from app.core import db
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid
from app.products import pickup_moves, pickup_statements

UNDO_SECONDS = 300
MAX_COUNTER_LENGTH = 40
ItemKey = tuple[int, int]  # product_id and part_id of an item


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A product that a paid order bought; `total` in centavos."""

    order_id: uuid.UUID
    cinema_id: int
    product_id: int
    quantity: int
    total: int


@dataclass(frozen=True, slots=True)
class PickupItem:
    """An item to hand out. `combo` is the name of the combo that it belongs to, empty for a product by itself.

    `value`, in centavos, is its share in the price of the order. `is_closed`: the order has ended.
    """

    product_id: int
    part_id: int
    name: str
    name_en: str
    combo: str
    combo_en: str
    quantity: int
    handed_out: int
    value: int
    is_closed: bool

    @property
    def left(self) -> int:
        return self.quantity - self.handed_out

    @property
    def kept_value(self) -> int:
        """The value of what was handed out: a cancellation does not refund it."""
        return self.value - self.value * self.left // self.quantity

    def name_in(self, locale: str) -> str:
        return (locale.startswith("en") and self.name_en) or self.name

    def combo_in(self, locale: str) -> str:
        return (locale.startswith("en") and self.combo_en) or self.combo


@dataclass(frozen=True, slots=True)
class HandoutLine:
    """How many of an item were handed out in one act."""

    name: str
    name_en: str
    quantity: int

    def name_in(self, locale: str) -> str:
        return (locale.startswith("en") and self.name_en) or self.name


@dataclass(frozen=True, slots=True)
class Handout:
    """An act of handing out. `is_undoable`: it was made a short time ago and not undone."""

    id: uuid.UUID
    at: datetime
    by_user_id: int | None
    counter: str
    lines: tuple[HandoutLine, ...]
    undone_at: datetime | None
    undone_by: int | None
    is_undoable: bool


class NotLeft(Conflict):
    """Fewer items are left than were to be handed out: another counter was first, or the order has ended."""

    def __init__(self) -> None:
        super().__init__("handout.not_left")


class NotUndoable(Conflict):
    """The act is too old or was undone before, or the order has ended since."""

    def __init__(self) -> None:
        super().__init__("handout.not_undoable")


def record_pickup_items(lines: Iterable[SoldLine]) -> None:
    """Record what orders have to collect. An order whose items were recorded before keeps them."""
    rows = [
        {
            "order_id": str(line.order_id),
            "cinema_id": line.cinema_id,
            "product_id": line.product_id,
            "quantity": line.quantity,
            "total": line.total,
        }
        for line in lines
    ]
    if rows:
        db.session().execute(pickup_statements.RECORD, {"lines": json.dumps(rows)})


def pickup_items(order_id: uuid.UUID) -> list[PickupItem]:
    """The items of an order, in the order of the menu; empty if none was recorded."""
    rows = pickup_statements.OF_ORDER.execute({"order_id": order_id})
    return [_item(row) for row in rows]


def _item(row: Row[Any]) -> PickupItem:
    return PickupItem(
        product_id=row.product_id,
        part_id=row.part_id,
        name=row.name,
        name_en=row.name_en,
        combo=row.combo,
        combo_en=row.combo_en,
        quantity=row.quantity,
        handed_out=row.handed_out,
        value=row.value,
        is_closed=row.closed_at is not None,
    )


def left_to_collect(order_id: uuid.UUID) -> list[HandoutLine] | None:
    """What is left to hand out of an order, by item; None: all that it bought, because nothing was handed out."""
    items = pickup_items(order_id)
    if not any(item.handed_out for item in items):
        return None
    left: dict[int, HandoutLine] = {}
    for item in items:
        before = left[item.part_id].quantity if item.part_id in left else 0
        if item.left:
            left[item.part_id] = HandoutLine(item.name, item.name_en, before + item.left)
    return list(left.values())


def hand_out(
    order_id: uuid.UUID,
    wanted: Mapping[ItemKey, int],
    actor: Actor,
    *,
    cinema_id: int,
    counter: str,
    act_id: uuid.UUID,
) -> bool:
    """Hand out `wanted` (quantity by item) at a counter of the site `cinema_id`: all of it or nothing.

    `act_id` is the once-token of the form: returns False, with nothing changed, when it was used before. Raises
    Invalid `handout.nothing`, and NotLeft; then the caller must roll back.
    """
    items = [
        {"product_id": product_id, "part_id": part_id, "quantity": quantity}
        for (product_id, part_id), quantity in wanted.items()
        if quantity
    ]
    if not items and _is_known(act_id):
        return False
    if not items or any(quantity < 0 for quantity in wanted.values()):
        raise Invalid("handout.nothing")
    values = {
        "id": act_id,
        "order_id": order_id,
        "cinema_id": cinema_id,
        "counter": counter[:MAX_COUNTER_LENGTH],
        "by": actor.user_id,
        "items": json.dumps(items),
    }
    done = db.session().execute(pickup_statements.LOCKED_HAND_OUT, values).one()
    if not done.acts:
        return False
    if done.items != len(items):
        raise NotLeft
    pickup_moves.finish_if_empty(order_id)
    return True


def _is_known(act_id: uuid.UUID) -> bool:
    found = db.session().execute(pickup_statements.KNOWN, {"id": act_id})
    return found.first() is not None


def handouts(order_id: uuid.UUID) -> list[Handout]:
    """The acts of handing out of an order, the newest first."""
    values = {"order_id": order_id, "seconds": UNDO_SECONDS}
    rows = db.session().execute(pickup_statements.HANDOUTS_OF_ORDER, values)
    return [
        Handout(
            id=row.id,
            at=row.at,
            by_user_id=row.by_user_id,
            counter=row.counter,
            lines=tuple(HandoutLine(**line) for line in row.lines or ()),
            undone_at=row.undone_at,
            undone_by=row.undone_by,
            is_undoable=row.is_recent and row.undone_at is None,
        )
        for row in rows
    ]


def undo_handout(handout_id: uuid.UUID, actor: Actor, *, cinema_id: int) -> uuid.UUID:
    """Undo an act of the last UNDO_SECONDS at the site; it stays recorded. Returns its order. Raises NotUndoable."""
    values = {"id": handout_id, "by": actor.user_id, "cinema_id": cinema_id, "seconds": UNDO_SECONDS}
    row = db.session().execute(pickup_statements.LOCKED_UNDO, values).one_or_none()
    if row is None:
        raise NotUndoable
    order_id: uuid.UUID = row.order_id
    pickup_moves.reopen(order_id)
    return order_id


def cancel_sale(order_id: uuid.UUID) -> int:
    """Release the sold claims of an order, except those of what was handed out, and close its items.

    Returns the value, in centavos, of what was handed out: it is not refunded.
    """
    return int(db.session().execute(pickup_statements.LOCKED_CANCEL_SALE, {"order_id": order_id}).one().kept)
