"""The implementations of `core.deliveries.DeliverySource` under test, and steps that use one.

A new implementation is one more entry in FORMS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sqlalchemy import text

from app.core import db, outbox
from app.core.dead_letters import DeadLetters, OutboxDeadLetters
from app.core.deliveries import Delivery, DeliverySource
from app.core.messages import ScreeningCancelled, SeatsFreed
from app.core.outbox_source import OutboxSource


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
    def __init__(self) -> None:
        self.dead_letters: DeadLetters = OutboxDeadLetters()

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


FORMS: list[Callable[[], Form]] = [OutboxForm]


def lease(source: DeliverySource, *, most: int = 10, seconds: float = 30) -> list[Delivery]:
    return source.lease(["reservations"], most=most, seconds=seconds)


def lease_one(source: DeliverySource) -> Delivery:
    (delivery,) = lease(source)
    return delivery


def finish(source: DeliverySource, delivery: Delivery) -> None:
    with db.transaction():
        source.mark_done(delivery)
    source.acknowledge(delivery)
