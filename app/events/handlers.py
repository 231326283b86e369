"""The ticks of event-service; it handles no messages."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from app.core import db
from app.core.config import settings
from app.core.handling import Attempt
from app.core.messages import Message
from app.core.worker import Tick
from app.events import demo, local_hours

log = logging.getLogger("bilheteria.events")


def _roll_forward() -> None:
    if settings().cinema.demo:
        with db.transaction():
            demo.roll_forward()


def _realign() -> None:
    with db.transaction():
        result = local_hours.realign()
    for problem in result.problems:
        log.error("a screening cannot keep its local hour: %s", problem)


HANDLERS: dict[type[Message], Callable[[Any, Attempt], None]] = {}
TICKS = [
    Tick("events.roll_forward", 15 * 60.0, _roll_forward),
    Tick("events.realign", 3600.0, _realign),
]
