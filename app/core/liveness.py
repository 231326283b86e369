"""Signs of life: what works counts up, and what watches over it sees when the count stands still.

A process that is stopped, or whose threads all wait for ever, does not end by itself: somebody else must notice.
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
    """A count that a process shares with those it forks. One process counts, the others read."""

    _FORM = struct.Struct("=Q")

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._FORM.size)

    def count_up(self) -> None:
        self._FORM.pack_into(self._memory, 0, self.value() + 1)

    def value(self) -> int:
        return int(self._FORM.unpack_from(self._memory)[0])


class Heartbeat:
    """A file that a process touches, for a watcher that did not fork it. Its time is that of the steady clock.

    The steady clock is the machine's: all processes read the same, and nobody sets it.
    """

    SECONDS = 1.0  # between two beats, at least

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last = 0.0

    def beat(self) -> None:
        """To be called often; writes once a second."""
        now = time.monotonic()
        if now - self._last < self.SECONDS:
            return
        self._last = now
        with suppress(OSError):  # a full disk must not end who works; its watcher may
            self.path.touch()
            os.utime(self.path, (now, now))

    def clear(self) -> None:
        """Forget what another process left. Makes the folder; raises OSError where that is not possible."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)

    def last(self) -> float | None:
        """When it last beat, by the steady clock; None: not yet."""
        try:
            return self.path.stat().st_mtime
        except OSError:
            return None


class Watch:
    """Whether something that should change stands still.

    It counts its own looks instead of seconds: after a night's sleep of the machine, or when a frozen container goes
    on, all clocks have moved and nobody had a chance to give a sign.
    """

    def __init__(
        self, read: Callable[[], object], *, seconds: float, every: float, first_seconds: float | None = None
    ) -> None:
        """`every`: the seconds between two calls of `stands_still`. Until the first change it waits `first_seconds`."""
        self._read = read
        self._looks = max(1, round(seconds / every))
        self._first_looks = max(self._looks, round((first_seconds or 0) / every))
        self._seen = read()
        self._changed = False
        self._unchanged = 0

    def stands_still(self) -> bool:
        """Look. True when all looks for so long have found the same."""
        value = self._read()
        if value != self._seen:
            self._seen, self._changed, self._unchanged = value, True, 0
        else:
            self._unchanged += 1
        return self._unchanged >= (self._looks if self._changed else self._first_looks)
