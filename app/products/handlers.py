"""The ticks of product-service; it handles no messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core import db
from app.core.handling import Attempt
from app.core.messages import Message
from app.core.worker import Tick
from app.products import retention, service

BATCH = 1000


def delete_old_claims() -> None:
    """Delete old claims, each batch in a transaction of its own: a sale waits for one batch at most."""
    with db.reading():
        cinemas = service.cinemas_with_stock()
    for cinema_id in cinemas:
        deleted = BATCH
        while deleted == BATCH:
            with db.transaction():
                deleted = service.delete_old_claims(cinema_id, most=BATCH)


HANDLERS: dict[type[Message], Callable[[Any, Attempt], None]] = {}
TICKS = [
    Tick("products.old_claims", 3600.0, delete_old_claims),
    Tick("products.old_pickups", 3600.0, retention.delete_old_pickups),
]
