"""What event-service does by the clock; it reads no messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core import db
from app.core.config import settings
from app.core.messages import Message
from app.core.outbox import Delivery
from app.core.worker import Tick
from app.events import demo


def _roll_forward() -> None:
    if settings().demo:
        with db.transaction():
            demo.roll_forward()


HANDLERS: dict[type[Message], Callable[[Any, Delivery], None]] = {}
TICKS = [Tick("events.roll_forward", 15 * 60.0, _roll_forward)]
