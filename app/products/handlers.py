"""What product-service does by the clock; it reads no messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core import db
from app.core.handling import Attempt
from app.core.messages import Message
from app.core.worker import Tick
from app.products import service

BATCH = 1000


def close_books() -> None:
    """Each batch of each site in a transaction of its own: a sale at the counter waits for one batch at most."""
    with db.reading():
        cinemas = service.cinemas_with_stock()
    for cinema_id in cinemas:
        closed = BATCH
        while closed == BATCH:
            with db.transaction():
                closed = service.close_books(cinema_id, most=BATCH)


HANDLERS: dict[type[Message], Callable[[Any, Attempt], None]] = {}
TICKS = [Tick("products.close_books", 3600.0, close_books)]
