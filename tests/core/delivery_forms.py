"""The implementations of `core.deliveries.DeliverySource` under test, and steps that use one.

A new implementation is one more entry in FORMS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from sqlalchemy import text

from app.adapters.sqs import Queues
from app.core import db, outbox
from app.core.dead_letters import DeadLetters, OutboxDeadLetters
from app.core.deliveries import Delivery, DeliverySource
from app.core.messages import ScreeningCancelled, SeatsFreed
from app.core.outbox_source import OutboxSource
from app.core.relay import Relay
from app.core.sqs_dead_letters import AllDeadLetters, SqsDeadLetters
from app.core.sqs_source import SqsSource
from tests.core.sqs_server import Clock, sqs

CONSUMERS = ("orders", "reservations")


class Form(Protocol):
    """One implementation of the port, with the operations that its tests need."""

    dead_letters: DeadLetters

    def source(self) -> DeliverySource:
        """A new source for one worker; all sources share the deliveries."""

    def send(self, number: int = 1) -> str:
        """Write SeatsFreed of screening `number` for "reservations"; returns its message id."""

    def send_to_two(self) -> str:
        """Write ScreeningCancelled for "orders" and "reservations"; returns its message id."""

    def pass_time(self, seconds: float) -> None:
        """Make all leases and delays end `seconds` earlier."""


class OutboxForm:
    """The rows of the outbox."""

    def __init__(self) -> None:
        self.dead_letters: DeadLetters = OutboxDeadLetters()

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Form]:
        yield cls()

    def source(self) -> DeliverySource:
        return OutboxSource()

    def send(self, number: int = 1) -> str:
        with db.transaction():
            return str(outbox.publish(SeatsFreed(screening_id=number), urgent=True))

    def send_to_two(self) -> str:
        with db.transaction():
            return str(outbox.publish(ScreeningCancelled(screening_id=1, reason="no light")))

    def pass_time(self, seconds: float) -> None:
        with db.transaction() as session:
            session.execute(
                text(
                    "update core.outbox set available_at = available_at - make_interval(secs => :seconds),"
                    " leased_until = leased_until - make_interval(secs => :seconds)"
                ),
                {"seconds": seconds},
            )


class SqsForm:
    """Queues of SQS, filled by a relay at each message. Their clock and the sources' clock advance together."""

    def __init__(self, queues: Queues, clock: Clock) -> None:
        self.queues = queues
        self.clock = clock
        self.dead_letters: DeadLetters = AllDeadLetters(
            OutboxDeadLetters(), SqsDeadLetters(queues, CONSUMERS)
        )
        self._relay = Relay(queues)
        self._outbox = OutboxForm()

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Form]:
        with sqs(CONSUMERS) as (queues, clock):
            yield cls(queues, clock)

    def source(self) -> DeliverySource:
        return SqsSource(self.queues, lambda: time.monotonic() + self.clock.ahead)

    def send(self, number: int = 1) -> str:
        message_id = self._outbox.send(number)
        self._relay.move_due()
        return message_id

    def send_to_two(self) -> str:
        message_id = self._outbox.send_to_two()
        self._relay.move_due()
        return message_id

    def pass_time(self, seconds: float) -> None:
        self.clock.ahead += seconds


FORMS: list[Callable[[], AbstractContextManager[Form]]] = [OutboxForm.opened, SqsForm.opened]


def lease(source: DeliverySource, *, most: int = 10, seconds: float = 30) -> list[Delivery]:
    return source.lease(["reservations"], most=most, seconds=seconds)


def lease_one(source: DeliverySource) -> Delivery:
    (delivery,) = lease(source)
    return delivery


def finish(source: DeliverySource, delivery: Delivery) -> None:
    with db.transaction():
        source.mark_done(delivery)
    source.acknowledge(delivery)
