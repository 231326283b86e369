"""The port behind which deliveries travel between processes; drawn so that SQS fits it.

On one machine there is no second queue: the outbox table itself is leased by the worker (`core.leases`). Where
services run apart, a relay sends outbox rows to one queue a service, and workers receive from there. Whichever
queue stands behind, it promises little: at least once, in no order. Handlers are made for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

MOST_BYTES = 256 * 1024  # of a body with its attributes: the limit of SQS
MOST_AT_ONCE = 10
LONGEST_WAIT = 20.0
LONGEST_LEASE = 12 * 3600.0
LONGEST_DELAY = 15 * 60.0


class QueueError(Exception):
    """The queue did not answer, or refused; trying again may help."""


class LeaseLost(QueueError):
    """The receipt no longer counts: the lease ended, and somebody else may have the letter by now."""


class TooLarge(ValueError):
    """The body is larger than any queue behind this port takes (MOST_BYTES)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery in transit. `attributes` carry the trace; `attempts` counts from 1; `receipt` is for this lease."""

    id: str
    body: str
    receipt: str
    attempts: int
    attributes: Mapping[str, str] = field(default_factory=dict)


class Queue(Protocol):
    """One service's queue. Every method raises QueueError when the queue is away. Seconds everywhere."""

    def send(
        self, id: str, body: str, *, delay: float = 0.0, attributes: Mapping[str, str] | None = None
    ) -> None:
        """Put a letter in; `id` is the message's own, and a letter sent twice comes twice. Raises TooLarge."""

    def receive(
        self, *, most: int = MOST_AT_ONCE, wait: float = LONGEST_WAIT, lease: float = 30.0
    ) -> Sequence[Letter]:
        """Take up to `most` letters, waiting up to `wait` for the first; nobody else sees them for `lease`."""

    def extend(self, letter: Letter, lease: float) -> None:
        """Keep the letter for `lease` from now; 0 gives it back at once. Raises LeaseLost."""

    def delete(self, letter: Letter) -> None:
        """The letter is done. Deleting after the lease has ended is no error, and no promise either."""
