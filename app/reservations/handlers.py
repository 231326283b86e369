"""What reservation-service does by message and by the clock: holds that ended, and the queue that is served."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from app.core import db
from app.core.messages import HoldExpired, Message, ScreeningCancelled, SeatsFreed
from app.core.outbox import Delivery, publish
from app.core.worker import Tick
from app.reservations import claims
from app.reservations.states import RESERVATION
from app.reservations.waiting import offer_ended, offer_next, screenings_waited_for, seats_freed

BATCH = 200


def serve_queue(message: SeatsFreed | ScreeningCancelled, delivery: Delivery) -> None:
    """Seats came back: offer them. A screening that was called off closes its queue in the same way."""
    with delivery.transaction():
        offer_next(message.screening_id)


def expire_holds() -> int:
    """End the holds whose time is over, each in a transaction of its own; returns how many."""
    ended = 0
    while True:
        with db.reading():
            due = claims.due(BATCH)
        ended += sum(expire(reservation_id) for reservation_id in due)
        if len(due) < BATCH:
            return ended


def expire(reservation_id: uuid.UUID) -> bool:
    """End one hold, if it is still due: an extension may just have been quicker."""
    with db.transaction():
        if not claims.lock_due(reservation_id):
            return False
        screening_id = claims.free(reservation_id, states=RESERVATION.before("expired"), state="expired")
        if screening_id is None:
            return False
        offer_ended(reservation_id)
        publish(HoldExpired(reservation_id=str(reservation_id), screening_id=screening_id))
        seats_freed(screening_id)
    return True


def serve_queues() -> None:
    """Look after every queue: claims may have run out, or sales have ended, without a message."""
    with db.reading():
        screenings = screenings_waited_for()
    for screening_id in screenings:
        with db.transaction():
            offer_next(screening_id)


HANDLERS: dict[type[Message], Callable[[Any, Delivery], None]] = {
    SeatsFreed: serve_queue,
    ScreeningCancelled: serve_queue,
}
TICKS = [
    Tick("reservations.expire", 2.0, expire_holds),
    Tick("reservations.queues", 5.0, serve_queues),
]
