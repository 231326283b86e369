"""Handles one delivery in a worker: runs the handler and records the outcome at the source.

This module knows no service: the caller passes the handlers in (`app.dispatch` collects them).
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from app.core import db, erasures, message_metrics, metrics, telemetry, trace
from app.core.deliveries import AlreadyDone, Delivery, DeliverySource, LeaseLost
from app.core.errors import Poison, Retry
from app.core.failpoints import failpoint
from app.core.messages import BY_KIND, Message
from app.core.metrics import MessageOutcome

MOST_ATTEMPTS = 10
# Retry for a day: a mail server may be down for hours, and greylisting accepts a mail only after minutes.
PAUSES_OF_A_DAY = (30.0, 60.0, 300.0, 900.0, *[3600.0] * 24)
# During a roll-out a worker of the newer version can read messages that this version cannot.
UNREADABLE_ATTEMPTS, UNREADABLE_SECONDS = 10, 30.0
log = logging.getLogger("bilheteria.worker")


class Attempt:
    """One attempt of a handler at a delivery. `number` counts them from 1; a crashed worker's counts too."""

    def __init__(self, delivery: Delivery, source: DeliverySource) -> None:
        self.message_id = delivery.message_id
        self.number = delivery.attempts
        self.is_done = False
        self._delivery = delivery
        self._source = source

    @property
    def is_ending(self) -> bool:
        """Whether the worker ends soon: a handler of many steps ends after the one that it has begun."""
        return self._source.is_stopping

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction that commits the handler's effect and marks the delivery as done.

        A handler opens it once, at its end; for one that does not, the worker does. Raises AlreadyDone when another
        attempt has committed first: the transaction rolls back, and the worker expects the error.
        """
        with db.transaction() as current:
            self._source.mark_done(self._delivery)
            yield current
            failpoint(f"{self._delivery.kind}.before_commit")
        self.is_done = True
        failpoint(f"{self._delivery.kind}.committed")


Handler = Callable[[Any, Attempt], None]
Routes = Mapping[tuple[str, type[Message]], Handler]


def still_leased(delivery: Delivery, source: DeliverySource, *, seconds: float) -> bool:
    """Whether this worker still has the lease; called before the handler begins.

    If a third of the lease has passed, because earlier deliveries of the batch took long, it is extended to `seconds`.
    Before that the source is not called.
    """
    if time.monotonic() - delivery.leased_at < seconds / 3:
        return True
    try:
        source.extend(delivery, seconds=seconds)
    except LeaseLost:
        return False
    return True


def handle(delivery: Delivery, source: DeliverySource, routes: Routes) -> None:
    """Run the handler, in the trace of the message, and record the outcome. Raises only the errors of the source."""
    with trace.continued(delivery.attributes), message_metrics.measured(delivery) as measured:
        measured.outcome = _handle(delivery, source, routes, measured.span)


def _handle(
    delivery: Delivery, source: DeliverySource, routes: Routes, span: telemetry.Span
) -> MessageOutcome:
    message = _read(delivery)
    if message is None:
        return _leave_to_newer_version(delivery, source)
    outcome: MessageOutcome = "done"
    try:
        _run(message, delivery, source, routes)
    except AlreadyDone:
        outcome = "repeated"
        telemetry.record(metrics.GUARDS, labels={"guard": "message"})
    except Poison as error:
        log.error("dead letter", extra=_facts(delivery) | {"error": str(error)})
        span.fail(error)
        source.dead_letter(delivery, error=str(error))
        return "dead"
    except Exception as error:
        if not isinstance(error, Retry):
            span.fail(error)
        return _failed(delivery, source, error)
    source.acknowledge(delivery)
    return outcome


def _run(message: Message, delivery: Delivery, source: DeliverySource, routes: Routes) -> None:
    handler = routes.get((delivery.consumer, type(message)))
    if handler is None:
        raise Poison(f"{delivery.consumer} has no handler for {delivery.kind}")
    failpoint(f"{delivery.kind}.leased")
    attempt = Attempt(delivery, source)
    if not erasures.concerns(message, delivery.message_id):
        handler(message, attempt)
    if not attempt.is_done:
        with attempt.transaction():
            pass


def _read(delivery: Delivery) -> Message | None:
    """The message; None if this version does not know its kind or the form of its payload."""
    try:
        return BY_KIND[delivery.kind].of(delivery.payload)
    except (KeyError, TypeError):
        return None


def _leave_to_newer_version(delivery: Delivery, source: DeliverySource) -> MessageOutcome:
    error = f"no version of {delivery.kind} reads this payload"
    if delivery.attempts >= UNREADABLE_ATTEMPTS:
        log.error("dead letter", extra=_facts(delivery) | {"error": error})
        source.dead_letter(delivery, error=error)
        return "dead"
    source.retry(delivery, delay=UNREADABLE_SECONDS, error=error)
    return "retried"


def _failed(delivery: Delivery, source: DeliverySource, error: Exception) -> MessageOutcome:
    is_expected = isinstance(error, Retry)
    facts = _facts(delivery) | {"attempts": delivery.attempts}
    delay = _pause(delivery.attempts, error)
    if delay is not None:
        log.warning(
            "retry later", exc_info=None if is_expected else error, extra=facts | {"error": repr(error)}
        )
        source.retry(delivery, delay=delay, error=repr(error))
        return "retried"
    if isinstance(error, Retry) and error.discard_at_last:
        log.warning("discarded", extra=facts | {"error": repr(error)})
        source.discard(delivery)
        return "discarded"
    log.error("dead letter", exc_info=error, extra=facts)
    source.dead_letter(delivery, error=repr(error))
    return "dead"


def _pause(attempts: int, error: Exception) -> float | None:
    """Seconds until the next attempt; None after the last one.

    0.5, 1, 2, 4 … at most 120 seconds, ten attempts in all; `PAUSES_OF_A_DAY` where the error says `for_a_day`. A
    random quarter is added or removed, so that messages that failed together are not retried together.
    """
    spread = random.uniform(0.75, 1.25)  # noqa: S311 (spreads load, guards nothing)
    if isinstance(error, Retry) and error.for_a_day:
        return PAUSES_OF_A_DAY[attempts - 1] * spread if attempts <= len(PAUSES_OF_A_DAY) else None
    if attempts >= MOST_ATTEMPTS:
        return None
    if isinstance(error, Retry) and error.delay is not None:
        return error.delay
    return min(120.0, 0.25 * 2.0**attempts) * spread


def _facts(delivery: Delivery) -> dict[str, object]:
    return {"kind": delivery.kind, "message_id": delivery.message_id}
