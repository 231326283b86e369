"""A connection pool that serves waiting callers in the order in which they came.

In SQLAlchemy's own pool a caller that has just come can take a connection before one that waits. While many requests
come at the same moment, some would wait until their time limit again and again.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.pool import QueuePool
from sqlalchemy.util import queue


@dataclass(eq=False, slots=True)
class _Waiter:
    """A caller that waits; `item` is what it was given."""

    given: threading.Event = field(default_factory=threading.Event)
    item: Any = None


class FairQueue(queue.Queue[Any]):
    """A queue that gives an item to the caller that has waited longest, before any other can take it."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        super().__init__(maxsize, use_lifo)
        self._waiters: deque[_Waiter] = deque()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Give the item to the first waiter, else keep it. The pool never blocks here."""
        with self.mutex:
            if not self._waiters:
                super().put(item, block, timeout)
                return
            waiter = self._waiters.popleft()
            waiter.item = item
            waiter.given.set()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """An item that is there, else the next one that is put. Raises Empty after `timeout` seconds."""
        with self.mutex:
            if not block or not self._empty():
                return super().get(block=False)
            waiter = _Waiter()
            self._waiters.append(waiter)
        try:
            waiter.given.wait(timeout)
        finally:
            self._leave(waiter)
        if not waiter.given.is_set():
            raise queue.Empty
        return waiter.item

    def _leave(self, waiter: _Waiter) -> None:
        with self.mutex:
            if not waiter.given.is_set():
                self._waiters.remove(waiter)


class FairPool(QueuePool):
    """SQLAlchemy's pool with a fair queue."""

    _queue_class = FairQueue
