"""Opens the two ports to this process's deliveries: the worker's (`core.deliveries`) and the dead letters'.

Today the outbox is the only form of both. The choice of another one by a setting belongs here.
"""

from __future__ import annotations

from app.core.dead_letters import DeadLetters, OutboxDeadLetters
from app.core.deliveries import DeliverySource
from app.core.outbox_source import OutboxSource


def open_source() -> DeliverySource:
    return OutboxSource()


def open_dead_letters() -> DeadLetters:
    return OutboxDeadLetters()
