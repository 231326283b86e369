"""Extends the leases of the deliveries that a worker holds, so that long work is not begun by another worker too."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from app.core.deliveries import Delivery, DeliverySource, LeaseLost

log = logging.getLogger("bilheteria.worker")


class LeaseKeeper:
    """Extends a held lease to `seconds` when a third of it has passed. The watchdog ends a worker that hangs."""

    def __init__(self, source: DeliverySource, *, seconds: float) -> None:
        self._source = source
        self._seconds = seconds
        self._held: dict[str, tuple[Delivery, float]] = {}  # receipt → delivery, begin of the lease
        self._lock = threading.Lock()

    @contextmanager
    def holding(self, batch: Iterable[Delivery]) -> Iterator[None]:
        """Hold these deliveries while the block runs, each until `drop`."""
        batch = list(batch)
        with self._lock:
            self._held.update((_key(one), (one, one.leased_at)) for one in batch)
        try:
            yield
        finally:
            for one in batch:
                self.drop(one)

    def drop(self, delivery: Delivery) -> None:
        """Stop extending this lease: its outcome is recorded, or it is lost."""
        with self._lock:
            self._held.pop(_key(delivery), None)

    def held(self) -> list[Delivery]:
        """The deliveries that are held now."""
        with self._lock:
            return [delivery for delivery, _ in self._held.values()]

    def run(self, ending: threading.Event) -> None:
        """Extend until `ending` is set."""
        while not ending.wait(self._seconds / 6):
            self.extend_old()

    def extend_old(self) -> None:
        """Extend every held lease of which a third has passed."""
        now = time.monotonic()
        with self._lock:
            old = [one for one, since in self._held.values() if now - since >= self._seconds / 3]
        for delivery in old:
            try:
                self._source.extend(delivery, seconds=self._seconds)
            except LeaseLost:
                self.drop(delivery)
            except Exception as error:
                log.warning("a lease was not extended", extra={"error": repr(error)})
            else:
                with self._lock:
                    if _key(delivery) in self._held:
                        self._held[_key(delivery)] = delivery, now


def _key(delivery: Delivery) -> str:
    return f"{delivery.consumer} {delivery.message_id} {delivery.receipt}"
