"""What an order collects at the counter: hand-outs and their undoing, under the order's lock."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.config import settings
from app.core.errors import Conflict
from app.events import service as events
from app.orders import queries
from app.orders.states import PAID
from app.orders.views import OrderView, WrongState
from app.products import service as products
from app.products.service import ItemKey, QueueEntry, SoldLine

# A customer may ask for the snacks from so long before the start on; before, they would be cold.
ASK_BEFORE_START = timedelta(hours=2)
_PAID_WITH_ITEMS = text(
    """
    select id from orders.orders o where screening_id = any(:screening_ids) and state = :paid
      and exists (select from orders.order_items i where i.order_id = o.id) order by id
    """
)


class NotNow(Conflict):
    """The snacks cannot be asked for yet, or no longer."""

    def __init__(self) -> None:
        super().__init__("pickup.not_now")


class OtherSite(Conflict):
    """The order is for another site than the counter's; `cinema` is the name of its site."""

    def __init__(self, cinema: str) -> None:
        super().__init__("handout.other_site", cinema=cinema)
        self.cinema = cinema


def record(order: OrderView) -> None:
    """Record the items that a paid order collects; for an order that an older version completed this happens late."""
    products.record_pickup_items(
        SoldLine(order.id, order.screening.cinema.id, item.product_id, item.quantity, item.total)
        for item in order.items
    )


def prepare_pickup(order_id: uuid.UUID) -> OrderView:
    """The order, with its items recorded if it is paid. Raises NotFound."""
    order = queries.locked_by_id(order_id)
    if order.state == PAID:
        record(order)
    return order


def hand_out(
    order_id: uuid.UUID,
    wanted: Mapping[ItemKey, int] | None,
    actor: Actor,
    *,
    cinema_id: int,
    counter: str,
    act_id: uuid.UUID,
) -> bool:
    """Hand out `wanted` (quantity by item; None: all that is left) at a counter of the site `cinema_id`.

    For the result, `act_id` and more errors see `products.hand_out`. Raises NotFound, WrongState (not paid, or ended),
    OtherSite.
    """
    order = prepare_pickup(order_id)
    if order.state != PAID:
        raise WrongState(order.state)
    if order.screening.cinema.id != cinema_id:
        raise OtherSite(order.screening.cinema.name)
    if wanted is None:
        wanted = {(one.product_id, one.part_id): one.left for one in products.pickup_items(order.id)}
    return products.hand_out(order.id, wanted, actor, cinema_id=cinema_id, counter=counter, act_id=act_id)


def undo_handout(order_id: uuid.UUID, handout_id: uuid.UUID, actor: Actor, *, cinema_id: int) -> None:
    """Undo one act of handing out of the order. Raises NotFound, and NotUndoable."""
    order = queries.locked_by_id(order_id)
    if products.undo_handout(handout_id, actor, cinema_id=cinema_id) != order.id:
        raise products.NotUndoable


def can_ask_for_pickup(order: OrderView) -> bool:
    """Whether the customer may ask for the snacks now: two hours before the start until the end."""
    screening = order.screening
    opens_at = screening.starts_at - ASK_BEFORE_START
    return order.state == PAID and bool(order.items) and opens_at <= order.read_at < screening.ends_at


def ask_for_pickup(token: str) -> None:
    """Put a paid order into the queue of its site, as its customer asks. Raises NotFound, NotNow."""
    order = queries.locked(token)
    if not can_ask_for_pickup(order):
        raise NotNow
    _join_queue(order)
    products.ask_for_pickup(order.id)


def queue_pickup(order_id: uuid.UUID, *, cinema_id: int) -> None:
    """Put a paid order into the queue, as the counter decides. Raises NotFound, WrongState, OtherSite."""
    order = queries.locked_by_id(order_id)
    if order.state != PAID:
        raise WrongState(order.state)
    if order.screening.cinema.id != cinema_id:
        raise OtherSite(order.screening.cinema.name)
    _join_queue(order)
    products.ask_for_pickup(order.id)


def queue_coming_orders() -> None:
    """Put the orders of the screenings that begin soon into the queues of their sites, each in its own transaction."""
    soon = timedelta(minutes=settings().cinema.counter_queue_minutes)
    with db.reading():
        now = events.now()
        coming = [
            screening.id
            for screenings in events.programme_today().values()
            for screening in screenings
            if screening.status == "scheduled" and now <= screening.starts_at <= now + soon
        ]
        ids = db.session().execute(_PAID_WITH_ITEMS, {"screening_ids": coming, "paid": PAID}).scalars().all()
        new = products.not_queued(ids)
    for order_id in new:
        with db.transaction():
            order = queries.locked_by_id(order_id)
            if order.state == PAID:
                _join_queue(order)


def _join_queue(order: OrderView) -> None:
    record(order)
    screening = order.screening
    entry = QueueEntry(
        order_id=order.id,
        cinema_id=screening.cinema.id,
        screening_id=screening.id,
        starts_at=screening.starts_at,
        day=screening.showtime.cinema_day,
    )
    products.join_queue([entry])
