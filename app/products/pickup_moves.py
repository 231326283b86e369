"""The moves of an order in the queue at the counter."""

from __future__ import annotations

import uuid

from app.core.moves import move
from app.products.states import PICKUP_CALL


def has_left(order_id: str) -> str:
    """The SQL condition that the order in the column `order_id` has something to hand out."""
    return f"""
        exists (select from products.pickup_items i where i.order_id = {order_id} and i.closed_at is null
          and i.handed_out < i.quantity)
    """


_OF_SITE = "order_id = :order_id and cinema_id = :cinema_id"
_CALL = move(
    PICKUP_CALL,
    "call",
    columns="called_at = clock_timestamp()",
    where=f"{_OF_SITE} and {has_left('pickup_calls.order_id')}",
    returning="order_id",
)
_STOP_CALLING = move(PICKUP_CALL, "stop_calling", where=_OF_SITE, returning="order_id")
_FINISH = move(
    PICKUP_CALL,
    "finish",
    where=f"order_id = :order_id and not {has_left('pickup_calls.order_id')}",
    returning="order_id",
)
_REOPEN = move(PICKUP_CALL, "reopen", where="order_id = :order_id", returning="order_id")


def call(order_id: uuid.UUID, cinema_id: int) -> bool:
    """Call an order with something to hand out, or once more. Returns whether it was in the queue of the site."""
    return _CALL.perform(order_id=order_id, cinema_id=cinema_id) is not None


def stop_calling(order_id: uuid.UUID, cinema_id: int) -> bool:
    """Let a called order wait again. Returns whether it was called."""
    return _STOP_CALLING.perform(order_id=order_id, cinema_id=cinema_id) is not None


def finish_if_empty(order_id: uuid.UUID) -> None:
    """Take an order out of the queue if nothing of it is left."""
    _FINISH.perform(order_id=order_id)


def reopen(order_id: uuid.UUID) -> None:
    """Put an order back whose hand-out was undone."""
    _REOPEN.perform(order_id=order_id)
