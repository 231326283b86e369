"""Leases: how a worker takes deliveries out of the outbox for a while, keeps them, and gives them up.

Each lease of a delivery has a number (`attempts`): who has lost it can neither renew it nor put off or bury what
another worker has by now.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from app.core import db
from app.core.messages import BY_KIND, Message
from app.core.outbox import Delivery

UNREADABLE_ATTEMPTS = 10
MOST_LAPSES = 10

_LEASE = text(
    """
    update core.outbox o set leased_until = clock_timestamp() + make_interval(secs => :seconds),
      attempts = attempts + 1, lapses = case when o.leased_until is null then 0 else lapses + 1 end
    from (
        select message_id, consumer from core.outbox
        where consumer = any(:consumers) and dead_at is null and available_at <= clock_timestamp()
          and (leased_until is null or leased_until < clock_timestamp())
        order by available_at limit :batch for update skip locked
    ) due
    where o.message_id = due.message_id and o.consumer = due.consumer
    returning o.message_id, o.consumer, o.kind, o.payload, o.attempts, o.available_at, o.lapses
    """
)


def lease(consumers: Sequence[str], *, batch: int, seconds: float) -> list[Delivery]:
    """Take up to `batch` due deliveries for `seconds`; another worker sees them again only after that.

    What this worker cannot read is left to one that can, of a newer version for example; none can: a dead letter. So is
    what ends every worker that begins with it: else it would end them for ever.
    """
    leased_at = time.monotonic()
    with db.transaction() as current:
        rows = current.execute(
            _LEASE, {"consumers": list(consumers), "batch": batch, "seconds": seconds}
        ).all()
    deliveries = []
    for place, row in enumerate(sorted(rows, key=lambda one: one.available_at)):
        message = _read(row.kind, row.payload)
        # Those behind it lapsed along with it, and come to their turn now.
        if place == 0 and row.lapses >= MOST_LAPSES:
            _bury(row.message_id, row.consumer, row.attempts, "every worker that began with it died")
        elif message is not None:
            deliveries.append(
                Delivery(str(row.message_id), row.consumer, row.attempts, message, leased_at=leased_at)
            )
        elif row.attempts >= UNREADABLE_ATTEMPTS:
            why = f"no version of {row.kind} reads this payload"
            _bury(row.message_id, row.consumer, row.attempts, why)
    return deliveries


def _read(kind: str, payload: dict[str, Any]) -> Message | None:
    try:
        return BY_KIND[kind].of(payload)
    except (KeyError, TypeError):
        return None


_KEEP = text(
    """
    update core.outbox set leased_until = clock_timestamp() + make_interval(secs => :seconds)
    where message_id = :message_id and consumer = :consumer and attempts = :attempts
      and leased_until is not null and dead_at is null
    returning 1
    """
)


def keep(delivery: Delivery, *, seconds: float) -> bool:
    """Before its handler begins: whether the delivery is still this worker's. False: leave it to who has it now.

    A lease of which a third is over, because others of its batch took their time, begins anew with `seconds`; before
    that nothing is asked.
    """
    asked_at = time.monotonic()
    if asked_at - delivery.leased_at < seconds / 3:
        return True
    with db.transaction() as current:
        kept = current.execute(_KEEP, {"seconds": seconds} | _mine(delivery)).first()
    delivery.leased_at = asked_at
    return kept is not None


def _mine(delivery: Delivery) -> dict[str, Any]:
    """The delivery as this worker leased it: each lease counts, so that another one has another number."""
    return {
        "message_id": delivery.message_id,
        "consumer": delivery.consumer,
        "attempts": delivery.attempts,
    }


_PUT_OFF = text(
    """
    update core.outbox set leased_until = null, last_error = :error,
      available_at = clock_timestamp() + make_interval(secs => :delay)
    where message_id = :message_id and consumer = :consumer and attempts = :attempts
    """
)


def put_off(delivery: Delivery, *, delay: float, error: str) -> None:
    """The handler failed in a way that passes: deliver again after `delay` seconds."""
    with db.transaction() as current:
        current.execute(_PUT_OFF, {"delay": delay, "error": error[:2000]} | _mine(delivery))


_LET_GO = text(
    "delete from core.outbox where message_id = :message_id and consumer = :consumer and attempts = :attempts"
)


def let_go(delivery: Delivery) -> None:
    """Nobody handles this delivery any more; what it asks for is asked for anew."""
    with db.transaction() as current:
        current.execute(_LET_GO, _mine(delivery))


def bury(delivery: Delivery, *, error: str) -> None:
    """Make the delivery a dead letter: it stays, is listed, and a command puts it back (`core.dead_letters`)."""
    _bury(uuid.UUID(delivery.message_id), delivery.consumer, delivery.attempts, error)


_BURY = text(
    """
    update core.outbox set leased_until = null, last_error = :error, dead_at = clock_timestamp()
    where message_id = :message_id and consumer = :consumer and attempts = :attempts
    """
)


def _bury(message_id: uuid.UUID, consumer: str, attempts: int, error: str) -> None:
    values = {"message_id": message_id, "consumer": consumer, "attempts": attempts, "error": error[:2000]}
    with db.transaction() as current:
        current.execute(_BURY, values)
