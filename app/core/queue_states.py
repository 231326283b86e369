"""How many messages wait in the outbox and in the queues of SQS, and since when. One process reports it as metrics.

The process leads that has an advisory lock in the database; the others wait for it to end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from app.adapters.sqs import DEAD, QueueError, Queues
from app.core import db, metrics, telemetry
from app.core.config import settings
from app.core.messages import CONSUMERS

log = logging.getLogger("bilheteria.queues")

PERIOD_SECONDS = 30.0
State = Literal["ready", "hidden", "dead"]
STATES: tuple[State, ...] = ("ready", "hidden", "dead")


@dataclass(frozen=True, slots=True)
class QueueState:
    """The messages for one consumer in one state. `age`: seconds for which the oldest is due or dead; None: unknown."""

    queue: Literal["outbox", "sqs"]
    consumer: str
    state: State
    depth: int
    age: float | None


_LEAD = text("select pg_try_advisory_lock(hashtext('queues'), hashtext('measure'))")
_OUTBOX = text(
    """
    select consumer, state, count(*) as depth, extract(epoch from clock_timestamp() - min(since)) as age
    from (
        select consumer,
            case when dead_at is not null then 'dead'
                when greatest(available_at, leased_until) > clock_timestamp() then 'hidden'
                else 'ready' end as state,
            coalesce(dead_at, greatest(available_at, leased_until)) as since
        from core.outbox
    ) one
    group by consumer, state
    """
)


def of_outbox(connection: Connection) -> Iterator[QueueState]:
    """The state of the outbox for each consumer, empty ones included."""
    found = {(row.consumer, row.state): row for row in connection.execute(_OUTBOX)}
    for consumer in CONSUMERS:
        for state in STATES:
            row = found.get((consumer, state))
            depth, age = (row.depth, float(row.age)) if row else (0, 0.0)
            yield QueueState("outbox", consumer, state, depth, None if state == "hidden" else age)


def of_sqs(queues: Queues, consumers: Sequence[str] = CONSUMERS) -> Iterator[QueueState]:
    """The state of the queues of SQS; CloudWatch has their age, SQS does not tell it. Raises QueueError."""
    for consumer in consumers:
        ready, hidden = queues.depth(consumer)
        yield QueueState("sqs", consumer, "ready", ready, None)
        yield QueueState("sqs", consumer, "hidden", hidden, None)
        yield QueueState("sqs", consumer, "dead", sum(queues.depth(f"{consumer}-{DEAD}")), None)


def start(*, relays: bool) -> None:
    """Begin to report in a thread of this process, if there is a collector. `relays`: this process is a relay.

    Where the queues are at SQS, a relay reports: it has the rights for the outbox and for all queues.
    """
    if telemetry.is_on() and relays == settings().queue.is_sqs:
        threading.Thread(target=_run, args=(threading.Event(),), name="queue-states", daemon=True).start()


def _run(stopping: threading.Event) -> None:
    while not stopping.wait(PERIOD_SECONDS):
        try:
            report_while_leading(stopping)
        except Exception as error:
            log.warning("the queues could not be measured", extra={"error": type(error).__name__})


def report_while_leading(stopping: threading.Event) -> bool:
    """Report until `stopping`, or until an error; False at once if another process reports."""
    queues = Queues(settings().queue.url) if settings().queue.is_sqs else None
    with db.autocommit_connection() as connection:
        connection.detach()  # at the end it is closed, and the lock is free
        if not connection.execute(_LEAD).scalar():
            return False
        while True:
            for one in of_outbox(connection):
                _record(one)
            if queues is not None:
                _record_sqs(queues)
            if stopping.wait(PERIOD_SECONDS):
                return True


def _record_sqs(queues: Queues) -> None:
    """SQS may be away, or refuse to tell; the outbox is reported all the same."""
    try:
        for one in of_sqs(queues):
            _record(one)
    except QueueError as error:
        log.warning("the queues of SQS could not be measured", extra={"error": str(error)})


def _record(found: QueueState) -> None:
    labels = {"queue": found.queue, "consumer": found.consumer, "state": found.state}
    telemetry.record(metrics.QUEUE_DEPTH, found.depth, labels)
    if found.age is not None:
        telemetry.record(metrics.QUEUE_AGE, found.age, labels)
