"""Heartbeats and watchdogs: a process sends heartbeats, and another one notices when they stop.

A process that is stopped by a signal, or whose threads all wait for ever, does not exit.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class Counter:
    """A count in memory that a process shares with the processes it forks. One process increments, the others read."""

    _FORM = struct.Struct("=Q")

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._FORM.size)

    def increment(self) -> None:
        self._FORM.pack_into(self._memory, 0, self.value() + 1)

    def value(self) -> int:
        return int(self._FORM.unpack_from(self._memory)[0])


class Heartbeat:
    """A file that a process touches, for watchers that did not fork it.

    Its modification time is in seconds of the steady clock, which is the same for all processes and cannot be set.
    """

    SECONDS = 1.0  # the shortest time between two writes

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last = 0.0

    def beat(self) -> None:
        """Record that this process is alive. Call it often; it writes once a second."""
        now = time.monotonic()
        if now - self._last < self.SECONDS:
            return
        self._last = now
        with suppress(OSError):  # a full disk must not end this process; the watcher decides
            self.path.touch()
            os.utime(self.path, (now, now))

    def clear(self) -> None:
        """Remove the file of an earlier process. Makes the folder; raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)

    def last(self) -> float | None:
        """The time of the last heartbeat, by the steady clock; None before the first."""
        try:
            return self.path.stat().st_mtime
        except OSError:
            return None


class Watchdog:
    """Notices that a value which should change has stopped changing.

    It counts its own checks instead of seconds: when a machine wakes from sleep, or a paused container is resumed, all
    clocks have advanced, and no process could send a heartbeat.
    """

    def __init__(
        self, read: Callable[[], object], *, seconds: float, every: float, first_seconds: float | None = None
    ) -> None:
        """The value is stalled after `seconds`, or `first_seconds` before its first change.

        `every`: the seconds between two calls of `is_stalled`.
        """
        self._read = read
        self._checks = max(1, round(seconds / every))
        self._first_checks = max(self._checks, round((first_seconds or 0) / every))
        self._last = read()
        self._changed = False
        self._unchanged = 0

    def is_stalled(self) -> bool:
        """Check once. True when all checks of the last `seconds` found the same value."""
        value = self._read()
        if value != self._last:
            self._last, self._changed, self._unchanged = value, True, 0
        else:
            self._unchanged += 1
        return self._unchanged >= (self._checks if self._changed else self._first_checks)
