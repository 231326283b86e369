"""Deliveries and their leases: the worker's port, from which it leases deliveries and at which it ends them.

On one machine the source is the outbox (`core.outbox_source`). If services run separately, a relay (`core.relay`)
moves the outbox to one queue of SQS for each service, and workers receive from there (`core.sqs_source`). Every
implementation must pass `tests/core/test_delivery_source.py`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

MOST_LEASED = 10  # deliveries in one call of `lease`: the limit of SQS
LONGEST_RETRY_SECONDS = 12 * 3600.0  # the longest visibility time-out of SQS


class LeaseLost(Exception):
    """The lease has ended: another worker may have the delivery, or has finished it."""


class AlreadyDone(Exception):
    """The effect of this delivery was committed before. The caller's transaction rolls back. Not a failure."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one consumer, leased by one worker.

    `kind` and `payload` are the message as it was written (`core.messages`). `attempts` counts the leases, from 1.
    `receipt` names this lease to its source. `attributes` carry the trace. `leased_at` is in seconds of this process's
    steady clock.
    """

    message_id: str
    consumer: str
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    receipt: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    leased_at: float = field(default_factory=time.monotonic)


class DeliverySource(Protocol):
    """Leases deliveries to workers and records their outcome. At least once, in no order. Thread-safe.

    A lease hides a delivery from the other workers for some seconds. It ends by an outcome (`acknowledge`, `retry`,
    `release`, `discard`, `dead_letter`) or by expiring, as after a crash; then another worker gets the delivery. A
    delivery whose leases expire one after the other without an outcome becomes a dead letter: it would crash every
    worker.

    A delivery is done in two steps, so that its effect is committed once, whichever form stands behind the port:

    1. `mark_done`, inside the transaction of the effect, writes the mark (consumer, message id) to `core.processed`.
       It raises AlreadyDone where the mark is. Mark and effect commit together or not at all.
    2. `acknowledge`, after that commit, removes the delivery from the queue.

    The outbox lies in the same database: its form deletes the row in step 1, and step 2 has nothing left to do. SQS
    cannot take part in the commit: its form deletes the message in step 2. After a crash between the steps SQS
    delivers again, step 1 finds the mark, and step 2 follows. To delete before the commit would lose the message when
    the commit fails.

    Errors of the database or the network pass through: the delivery comes again when its lease has expired.
    """

    def listening(self) -> AbstractContextManager[None]:
        """While it is open, new deliveries wake `lease` at once. Without it `lease` notices them at its next poll."""

    def lease(
        self, consumers: Sequence[str], *, most: int, seconds: float, wait: float = 0.0
    ) -> list[Delivery]:
        """Take up to `most` due deliveries for `seconds`; wait up to `wait` seconds for the first.

        After `stop` it returns without waiting.
        """

    def stop(self) -> None:
        """Make all calls of `lease` that wait return, now and from now on."""

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called: the process ends soon."""

    def extend(self, delivery: Delivery, *, seconds: float) -> None:
        """Let the lease end `seconds` from now. Raises LeaseLost."""

    def mark_done(self, delivery: Delivery) -> None:
        """Step 1 above, in the caller's transaction (`core.db`). Raises AlreadyDone."""

    def acknowledge(self, delivery: Delivery) -> None:
        """Step 2 above, outside of any transaction; also after AlreadyDone."""

    def retry(self, delivery: Delivery, *, delay: float, error: str) -> None:
        """Deliver again after `delay` seconds, at most LONGEST_RETRY_SECONDS. Nothing happens if the lease is lost."""

    def release(self, delivery: Delivery) -> None:
        """Give a delivery back that was not tried, so that another worker can lease it at once."""

    def discard(self, delivery: Delivery) -> None:
        """Give the delivery up without an effect and without a trace. Nothing happens if the lease is lost."""

    def dead_letter(self, delivery: Delivery, *, error: str) -> None:
        """Make the delivery a dead letter (`core.dead_letters`). Nothing happens if the lease is lost."""
