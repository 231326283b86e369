"""The relay: moves due messages from the outbox to the queues of SQS.

It leases rows like a worker (`core.outbox_source`), sends them outside of any transaction, and deletes what SQS has
accepted. Several relays share the work. After a crash between sending and deleting, a message is sent twice: SQS too
promises only "at least once", and the mark in `core.processed` lets the effect happen once. A message with a delay
stays in the outbox until it is due, however long the delay is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from sqlalchemy import TextClause, text

from app.adapters.sqs import MOST_BYTES, MOST_IN_A_BATCH, QueueError, Queues, Sent
from app.core import db, metrics, telemetry, trace
from app.core.deliveries import Delivery
from app.core.failpoints import failpoint
from app.core.messages import CONSUMERS
from app.core.outbox_source import OutboxSource
from app.core.sqs_source import body_of

log = logging.getLogger("bilheteria.relay")

LEASED = 100  # rows in one transaction
LEASE_SECONDS = 60.0
WAIT_SECONDS = 5.0
# The pause while SQS does not answer: rows stay in the outbox, for hours if need be.
PAUSE_SECONDS = 5.0

_KEYS = "unnest(cast(:ids as uuid[]), cast(:consumers as text[]), cast(:receipts as int[])) d (id, consumer, receipt)"
_MATCH = "o.message_id = d.id and o.consumer = d.consumer and o.attempts = d.receipt and o.dead_at is null"
_DELETE = text(f"delete from core.outbox o using {_KEYS} where {_MATCH}")  # noqa: S608 (constants of this module)
_RELEASE = text(
    f"update core.outbox o set leased_until = null, last_error = :error from {_KEYS} where {_MATCH}"  # noqa: S608
)


class Relay:
    """Moves messages until `stop()`."""

    def __init__(self, queues: Queues, consumers: Sequence[str] = CONSUMERS) -> None:
        self.queues = queues
        self.consumers = sorted(consumers)
        self.rounds = 0  # for the watchdog
        self._source = OutboxSource()
        self._stopping = threading.Event()
        self._leased: list[Delivery] = []  # rows that are not moved yet

    def run(self) -> None:
        with self._source.listening():
            while not self._stopping.is_set():
                self.rounds += 1
                try:
                    self._move(wait=WAIT_SECONDS)
                except QueueError as error:
                    log.warning("the queue does not answer", extra={"error": str(error)})
                    self._stopping.wait(PAUSE_SECONDS)
                except Exception:
                    log.exception("moving messages failed; the database may be unreachable")
                    self._stopping.wait(1.0)

    def stop(self) -> None:
        """Make `run` return after the batch that it sends now; further rows are given back."""
        self._stopping.set()
        self._source.stop()

    def give_back(self) -> None:
        """Give back the rows that are not moved, also those of a call of SQS that does not return.

        Only for a process that ends at once: what SQS has taken meanwhile is sent again.
        """
        _change(_RELEASE, self._leased, error="the relay ended")

    def move_due(self) -> int:
        """Move all messages that are due now; returns how many. Raises QueueError."""
        moved = 0
        while count := self._move():
            moved += count
        return moved

    def _move(self, wait: float = 0.0) -> int:
        """Move up to LEASED messages; returns how many. Raises QueueError when the rows that were not sent are free."""
        leased = self._source.lease(self.consumers, most=LEASED, seconds=LEASE_SECONDS, wait=wait)
        waiting = _batches(self._small_enough(leased))
        moved = 0
        while waiting:
            self._leased = [delivery for _, deliveries in waiting for delivery in deliveries]
            if self._stopping.is_set():
                self.give_back()
                break
            queue, batch = waiting[0]
            try:
                moved += self._send(queue, batch)
            except QueueError as error:
                _change(_RELEASE, self._leased, error=str(error)[:2000])
                raise
            del waiting[0]
        self._leased = []
        return moved

    def _small_enough(self, leased: Sequence[Delivery]) -> list[Delivery]:
        """The messages that SQS can take; the others become dead letters."""
        fitting = []
        for delivery in leased:
            if (size := _message(delivery).size) <= MOST_BYTES:
                fitting.append(delivery)
            else:
                self._source.dead_letter(
                    delivery, error=f"{size} bytes, more than the {MOST_BYTES} of a queue"
                )
        return fitting

    def _send(self, queue: str, batch: Sequence[Delivery]) -> int:
        sent = {one.message_id: one for one in batch}
        links = [trace.carried_position(one.attributes) for one in batch]
        with telemetry.span(f"send {queue}", "producer", {"messages": len(batch)}, links):
            refused = self.queues.send(queue, [_message(one) for one in batch])
        failpoint("relay.sent")
        _change(_DELETE, [one for key, one in sent.items() if key not in refused])
        for key, error in refused.items():
            log.warning("the queue refused a message", extra={"message_id": key, "error": error})
            self._source.retry(sent[key], delay=PAUSE_SECONDS, error=error)
        telemetry.record(metrics.RELAYED, len(sent) - len(refused), {"consumer": queue})
        return len(sent) - len(refused)


def _message(delivery: Delivery) -> Sent:
    body = body_of(delivery.message_id, delivery.kind, delivery.payload)
    return Sent(delivery.message_id, body, {**delivery.attributes, "kind": delivery.kind})


def _batches(deliveries: Sequence[Delivery]) -> list[tuple[str, list[Delivery]]]:
    """(queue, messages): at most ten of together MOST_BYTES in a batch."""
    batches: list[tuple[str, list[Delivery]]] = []
    sizes: dict[str, int] = {}  # of the last batch of each queue
    last: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        queue, needed = delivery.consumer, _message(delivery).size
        batch = last.get(queue)
        if batch is None or len(batch) == MOST_IN_A_BATCH or sizes[queue] + needed > MOST_BYTES:
            batch = last[queue] = []
            batches.append((queue, batch))
            sizes[queue] = 0
        batch.append(delivery)
        sizes[queue] += needed
    return batches


def _change(statement: TextClause, deliveries: Sequence[Delivery], **values: object) -> None:
    if not deliveries:
        return
    keys = {
        "ids": [one.message_id for one in deliveries],
        "consumers": [one.consumer for one in deliveries],
        "receipts": [int(one.receipt) for one in deliveries],
    }
    with db.transaction() as current:
        current.execute(statement, keys | values)
