"""The messages and ticks of reservation-service: expire holds, serve the waiting lists, delete old data."""

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
from app.reservations.offers import expire_offer, offer_next, screenings_with_requests
from app.reservations.waiting_notices import publish_seats_freed

log = logging.getLogger("bilheteria.reservations")

BATCH = 200


def offer_freed_seats(message: SeatsFreed | ScreeningCancelled, attempt: Attempt) -> None:
    """Offer seats that were freed to the waiting list; close the list of a cancelled screening."""
    with attempt.transaction():
        if offer_next(message.screening_id):
            publish(SeatsFreed(screening_id=message.screening_id), urgent=True)


def expire_holds() -> int:
    """Expire the holds whose time is over, each in a transaction of its own; return how many.

    Each is tried once: a hold that another transaction has locked is tried again by the next tick.
    """
    expired, last = 0, None
    while True:
        with db.reading():
            overdue = claims.overdue(BATCH, after=last)
        for row in overdue:
            expired += bool(_run_or_log(expire_hold, row.id))
        if len(overdue) < BATCH:
            return expired
        last = overdue[-1]


def _run_or_log(work: Callable[[Any], object], key: object) -> object:
    """Log an error, so that it does not stop the work on other rows. Raises if the database does not answer."""
    try:
        return work(key)
    except Exception as error:
        if _is_outage(error):
            raise
        log.exception("failed, next tick tries again", extra={"work": work.__name__, "key": str(key)})
        return None


def _is_outage(error: Exception) -> bool:
    """Return whether the database does not answer or no connection is free.

    An error with a code comes from a database that answers: a deadlock or a lock timeout concerns one row.
    """
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or not getattr(error.orig, "pgcode", None)
    return isinstance(error, TimeoutError)


def expire_hold(reservation_id: uuid.UUID) -> bool:
    """Expire one hold. False: it was extended or ended meanwhile, or another transaction has locked it."""
    with db.transaction():
        if not claims.lock_overdue(reservation_id):
            return False
        screening_id = claims.release(reservation_id, "expire")
        if screening_id is None:
            return False
        expire_offer(reservation_id)
        publish(HoldExpired(reservation_id=str(reservation_id), screening_id=screening_id))
        publish_seats_freed(screening_id)
    return True


def serve_waiting_lists() -> None:
    """Offer free seats in every screening with requests: claims may have expired, or sales ended, without a message."""
    with db.reading():
        screenings = screenings_with_requests()
    for screening_id in screenings:
        _run_or_log(_serve_waiting_list, screening_id)


def _serve_waiting_list(screening_id: int) -> None:
    more = True
    while more:
        with db.transaction():
            more = offer_next(screening_id)


HANDLERS: dict[type[Message], Callable[[Any, Attempt], None]] = {
    SeatsFreed: offer_freed_seats,
    ScreeningCancelled: offer_freed_seats,
}
TICKS = [
    Tick("reservations.expire", 2.0, expire_holds),
    Tick("reservations.queues", 5.0, serve_waiting_lists),
    Tick("reservations.retention", 3600.0, retention.delete_old_data),
]
