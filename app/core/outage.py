"""While the database does not answer, one caller at a time tries to connect; the others fail at once.

Without it each of them would wait for the whole limit, one after the other in the pool: pages would take many times it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg2

from app.adapters.postgres_limits import NoAnswer

C = TypeVar("C")


class Outage:
    """Whether a process's database has been silent since it was last connected to."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long a caller waits for the one that tries."""
        self.seconds = seconds
        self._silent = False
        self._failed_at = 0.0
        self._trying = threading.Lock()

    def begin(self) -> None:
        """A statement got no answer: the next connection tells whether the database is silent."""
        self._silent = True

    def connect(self, dial: Callable[[], C]) -> C:
        """What `dial` returns. Raises psycopg2.OperationalError; NoAnswer where the database is silent."""
        if not self._silent:
            return self._try(dial)
        came_at = time.monotonic()
        if not self._trying.acquire(timeout=self.seconds):
            raise psycopg2.OperationalError("the database does not answer")
        try:
            if self._silent and self._failed_at >= came_at:
                raise psycopg2.OperationalError("the database does not answer")
            return self._try(dial)
        finally:
            self._trying.release()

    def _try(self, dial: Callable[[], C]) -> C:
        try:
            connection = dial()
        except NoAnswer:
            self._silent, self._failed_at = True, time.monotonic()
            raise
        self._silent = False
        return connection
