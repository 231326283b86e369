"""Connecting during an outage: one thread at a time tries to connect, and the waiting threads share its result.

Otherwise each thread would wait for the whole time limit, one after the other, and a page would take many times the
limit.
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
    """Knows whether the process's database has stopped answering since the last connection was made."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long a caller waits for the thread that is connecting."""
        self.seconds = seconds
        self._silent = False
        self._failed_at = 0.0
        self._trying = threading.Lock()

    def begin(self) -> None:
        """Record that a statement got no answer: the next attempt to connect shows whether the database is silent."""
        self._silent = True

    def connect(self, open_connection: Callable[[], C]) -> C:
        """Call `open_connection`. Raises psycopg2.OperationalError; NoAnswer if the database is silent."""
        if not self._silent:
            return self._try(open_connection)
        called_at = time.monotonic()
        if not self._trying.acquire(timeout=self.seconds):
            raise psycopg2.OperationalError("the database does not answer")
        try:
            if self._silent and self._failed_at >= called_at:
                raise psycopg2.OperationalError("the database does not answer")
            return self._try(open_connection)
        finally:
            self._trying.release()

    def _try(self, open_connection: Callable[[], C]) -> C:
        try:
            connection = open_connection()
        except NoAnswer:
            self._silent, self._failed_at = True, time.monotonic()
            raise
        self._silent = False
        return connection
