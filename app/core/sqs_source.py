"""Queues of SQS as the source of deliveries: one for each consuming service, filled by the relay (`core.relay`)."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlalchemy import text

from app.adapters.sqs import LONGEST_WAIT_SECONDS, Queues, Received
from app.core import db, mail_events
from app.core.deliveries import AlreadyDone, Delivery, LeaseLost
from app.core.sqs_dead_letters import bury

log = logging.getLogger("bilheteria.worker")

# A call that waits cannot be interrupted: with a short one a worker ends soon after it is told to stop.
POLL_SECONDS = 5
# With several queues in one process each is polled in turn, so that none waits for the others for long.
TURN_SECONDS = 1
_IDLE_SECONDS = 0.1

_MARK = text(
    "insert into core.processed (consumer, message_id) values (:consumer, :message_id)"
    " on conflict do nothing returning 1"
)


class SqsSource:
    """`core.deliveries.DeliverySource` on queues of SQS.

    A lease is the visibility time-out, the receipt is the receipt handle. SQS may still accept an old receipt handle
    after another worker has received the message. So this class also compares the end of the lease with the process's
    own steady clock, and does nothing to a message whose lease is over.
    """

    def __init__(self, queues: Queues, clock: Callable[[], float] = time.monotonic) -> None:
        self.queues = queues
        self._clock = clock
        self._ends: dict[str, float] = {}  # receipt → end of the lease by `clock`
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def listening(self) -> AbstractContextManager[None]:
        """Nothing to do: a long poll of SQS returns as soon as there is a message."""
        return nullcontext()

    def lease(
        self, consumers: Sequence[str], *, most: int, seconds: float, wait: float = 0.0
    ) -> list[Delivery]:
        until = time.monotonic() + wait
        while True:
            for consumer in consumers:
                if batch := self._receive(consumer, most, seconds, self._poll(until, len(consumers))):
                    return batch
            left = until - time.monotonic()
            if left <= 0 or self._stopping.is_set():
                return []
            if left < 1:  # SQS waits whole seconds only
                self._stopping.wait(min(left, _IDLE_SECONDS))

    def stop(self) -> None:
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def extend(self, delivery: Delivery, *, seconds: float) -> None:
        if not self._is_mine(delivery) or not self._hide(delivery, seconds):
            raise LeaseLost(delivery.message_id)
        self._lease_ends(delivery.receipt, self._clock() + seconds)

    def mark_done(self, delivery: Delivery) -> None:
        key = {"message_id": delivery.message_id, "consumer": delivery.consumer}
        if db.session().execute(_MARK, key).first() is None:
            raise AlreadyDone(delivery.message_id)

    def acknowledge(self, delivery: Delivery) -> None:
        self._end(delivery)
        self.queues.delete(delivery.consumer, delivery.receipt)

    def retry(self, delivery: Delivery, *, delay: float, error: str) -> None:
        """See DeliverySource. SQS stores no error: the log has it."""
        if self._end(delivery):
            self._hide(delivery, delay)

    def release(self, delivery: Delivery) -> None:
        if self._end(delivery):
            self._hide(delivery, 0)

    def discard(self, delivery: Delivery) -> None:
        if self._end(delivery):
            self.queues.delete(delivery.consumer, delivery.receipt)

    def dead_letter(self, delivery: Delivery, *, error: str) -> None:
        # Extend the lease first: that shows whether it lasts, and gives time for the two calls after it.
        if self._end(delivery) and self._hide(delivery, POLL_SECONDS * 2):
            body = body_of(delivery.message_id, delivery.kind, delivery.payload)
            bury(
                self.queues,
                delivery.consumer,
                delivery.receipt,
                body,
                error,
                attempts=delivery.attempts,
                attributes=delivery.attributes,
            )

    def _poll(self, until: float, queues: int) -> float:
        """Seconds that one call may wait for a message."""
        if self._stopping.is_set():
            return 0
        longest = POLL_SECONDS if queues == 1 else TURN_SECONDS
        return max(0.0, min(until - time.monotonic(), longest, LONGEST_WAIT_SECONDS))

    def _receive(self, consumer: str, most: int, seconds: float, wait: float) -> list[Delivery]:
        received = self.queues.receive(consumer, most=most, seconds=seconds, wait=wait)
        now = self._clock()
        batch = []
        for one in received:
            delivery = _delivery(consumer, one)
            if delivery is None:
                log.error("dead letter", extra={"consumer": consumer, "error": "not a message of ours"})
                bury(
                    self.queues,
                    consumer,
                    one.receipt,
                    one.body,
                    "not a message of ours",
                    attempts=one.received,
                    attributes={},  # SQS takes ten, and a stranger may have used them all
                )
                continue
            self._lease_ends(one.receipt, now + seconds)
            batch.append(delivery)
        return batch

    def _lease_ends(self, receipt: str, at: float) -> None:
        with self._lock:
            self._ends[receipt] = at
            if len(self._ends) > 1_000:  # leases that expired without an outcome
                self._ends = {one: end for one, end in self._ends.items() if end > self._clock()}

    def _is_mine(self, delivery: Delivery) -> bool:
        with self._lock:
            return self._ends.get(delivery.receipt, float("-inf")) > self._clock()

    def _end(self, delivery: Delivery) -> bool:
        """Forget the lease; returns whether it still lasted."""
        with self._lock:
            return self._ends.pop(delivery.receipt, float("-inf")) > self._clock()

    def _hide(self, delivery: Delivery, seconds: float) -> bool:
        return self.queues.hide(delivery.consumer, delivery.receipt, seconds=seconds)


def body_of(message_id: str, kind: str, payload: object) -> str:
    """The body of a message in SQS; `_delivery` reads it."""
    content = {"message_id": message_id, "kind": kind, "payload": payload}
    return json.dumps(content, separators=(",", ":"))  # ASCII alone: SQS refuses some characters


def _delivery(consumer: str, message: Received) -> Delivery | None:
    """The delivery; None if the body was not written by `body_of`, nor by the mail service."""
    try:
        content: dict[str, Any] = json.loads(message.body)
        message_id, kind, payload = content["message_id"], content["kind"], content["payload"]
    except (ValueError, KeyError, TypeError, RecursionError):  # deeply nested JSON
        return _mail_event(consumer, message)
    if not (isinstance(message_id, str) and isinstance(kind, str) and isinstance(payload, dict)):
        return None
    return Delivery(
        message_id, consumer, kind, payload, message.received, message.receipt, message.attributes
    )


def _mail_event(consumer: str, message: Received) -> Delivery | None:
    """The delivery of what the mail service has put into its queue."""
    found = mail_events.read(message.body) if consumer == mail_events.QUEUE else None
    if found is None:
        return None
    message_id, event = found
    return Delivery(
        message_id,
        consumer,
        type(event).__name__,
        event.payload(),
        message.received,
        message.receipt,
        message.attributes,
    )
