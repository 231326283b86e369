"""What reservation-service does by message and by the clock: holds that ended, and the queue that is served."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError, TimeoutError

from app.core import db
from app.core.handling import Attempt
from app.core.messages import HoldExpired, Message, ScreeningCancelled, SeatsFreed
from app.core.outbox import publish
from app.core.worker import Tick
from app.reservations import claims, retention
from app.reservations.offering import offer_ended, offer_next, screenings_waited_for, seats_freed

log = logging.getLogger("bilheteria.reservations")

BATCH = 200


def serve_queue(message: SeatsFreed | ScreeningCancelled, attempt: Attempt) -> None:
    """Seats came back: offer them. A screening that was called off closes its queue in the same way."""
    with attempt.transaction():
        if offer_next(message.screening_id):
            publish(SeatsFreed(screening_id=message.screening_id), urgent=True)


def expire_holds() -> int:
    """End the holds whose time is over, each in a transaction of its own; returns how many.

    Each is tried once: one that somebody else is writing comes again with the next tick.
    """
    ended, last = 0, None
    while True:
        with db.reading():
            due = claims.due(BATCH, after=last)
        for row in due:
            ended += bool(_attempt(expire, row.id))
        if len(due) < BATCH:
            return ended
        last = due[-1]


def _attempt(work: Callable[[Any], object], key: object) -> object:
    """One that fails keeps none of the others waiting; but where the database is away, it is away for all."""
    try:
        return work(key)
    except Exception as error:
        if _is_away(error):
            raise
        log.exception("left for the next tick", extra={"work": work.__name__, "key": str(key)})
        return None


def _is_away(error: Exception) -> bool:
    """Whether there is no database to ask, or no connection to it is free.

    One that answers with a code is there: a deadlock, or a lock that took too long, is about one row alone.
    """
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or not getattr(error.orig, "pgcode", None)
    return isinstance(error, TimeoutError)


def expire(reservation_id: uuid.UUID) -> bool:
    """End one hold, if it is still due: an extension may just have been quicker."""
    with db.transaction():
        if not claims.lock_due(reservation_id):
            return False
        screening_id = claims.free(reservation_id, "expire")
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
        _attempt(_serve, screening_id)


def _serve(screening_id: int) -> None:
    more = True
    while more:
        with db.transaction():
            more = offer_next(screening_id)


HANDLERS: dict[type[Message], Callable[[Any, Attempt], None]] = {
    SeatsFreed: serve_queue,
    ScreeningCancelled: serve_queue,
}
TICKS = [
    Tick("reservations.expire", 2.0, expire_holds),
    Tick("reservations.queues", 5.0, serve_queues),
    Tick("reservations.retention", 3600.0, retention.by_the_clock),
]
