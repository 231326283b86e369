"""Functions that open the two ports to deliveries: the worker's (`core.deliveries`) and the one to dead letters.

The outbox is the only implementation of both. A setting that chooses another one belongs here.
"""

from __future__ import annotations

from app.core.dead_letters import DeadLetters, OutboxDeadLetters
from app.core.deliveries import DeliverySource
from app.core.outbox_source import OutboxSource


def open_source() -> DeliverySource:
    return OutboxSource()


def open_dead_letters() -> DeadLetters:
    return OutboxDeadLetters()
