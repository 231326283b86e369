"""Decides when the threads that wait for the same deliveries query the database again."""

from __future__ import annotations

import threading
import time

POLL_SECONDS = 0.5


class WakeUp:
    """One thread queries after a notification, one more after a full batch, and one every POLL_SECONDS.

    More threads would not help: one message needs one thread, and each query costs the database a transaction.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._notified = 0  # notifications so far
        self._answered = 0  # of these, those for which some thread has begun a query
        self._poll_at = 0.0  # steady clock
        self._stopped = False

    def notify(self) -> None:
        with self._condition:
            self._notified += 1
            self._condition.notify()

    def wait(self, until: float) -> int | None:
        """Wait for this thread's turn to query; None once `until` (steady clock) has passed, or after `stop`.

        Returns how many notifications the query answers; pass it to `queried`.
        """
        with self._condition:
            while not self._stopped:
                now = time.monotonic()
                if self._answered < self._notified or now >= self._poll_at:
                    self._answered = min(self._answered + 1, self._notified)
                    self._poll_at = now + POLL_SECONDS
                    return self._notified
                if now >= until:
                    return None
                self._condition.wait(min(until, self._poll_at) - now)
            return None

    def queried(self, notified: int, *, more: bool) -> None:
        """Record a query. `more`: its batch was full, so another thread queries; if not, `notified` are answered."""
        with self._condition:
            if more:
                self._notified += 1
                self._condition.notify()
            else:
                self._answered = max(self._answered, notified)

    def stop(self) -> None:
        """End all waits, now and from now on."""
        with self._condition:
            self._stopped = True
            self._condition.notify_all()
