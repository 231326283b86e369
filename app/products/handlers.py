"""What product-service does by the clock; it reads no messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core import db
from app.core.messages import Message
from app.core.outbox import Delivery
from app.core.worker import Tick
from app.products import service


def _close_books() -> None:
    with db.transaction():
        service.close_books()


HANDLERS: dict[type[Message], Callable[[Any, Delivery], None]] = {}
TICKS = [Tick("products.close_books", 6 * 3600.0, _close_books)]
