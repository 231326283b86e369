"""The watchdog: starts the browser, and starts it again when it has ended or its page is silent.

A page in sight sends the agent a heartbeat every few seconds. A crashed tab, a hung script, a dead graphics process and
an error page of Chromium have in common that this stops; no debugging port is needed to see it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.device.agent import heartbeat
from kiosk.device.config import BrowserConfig

LOOK_SECONDS = 1.0
END_SECONDS = 5.0  # what a browser may take to end before it is killed
PAUSES = (
    1.0,
    2.0,
    5.0,
    10.0,
    30.0,
)  # seconds before each further start of a browser whose page sends no heartbeat

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """Seconds of the monotonic clock. `heard`: the page's last heartbeat; None if there was none."""

    now: float
    started: float
    heard: float | None
    ended: bool


def reason_to_restart(seen: Seen, limits: BrowserConfig) -> str | None:
    if seen.ended:
        return "it has ended"
    if seen.heard is None or seen.heard < seen.started:
        return "its page sent no heartbeat" if seen.now - seen.started > limits.start_seconds else None
    return "its page is silent" if seen.now - seen.heard > limits.silence_seconds else None


class Watchdog:
    """Runs until `stop`. The browser has a process group of its own, so that none of its processes stays behind."""

    def __init__(
        self,
        command: Sequence[str],
        run: Path,
        limits: BrowserConfig,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.command = list(command)
        self.run = run
        self.limits = limits
        self.sleep = sleep
        self.failures = 0
        self.ended = False
        self.process: subprocess.Popen[bytes] | None = None

    def watch(self) -> None:
        while not self.ended:
            started = time.monotonic()
            self.process = subprocess.Popen(self.command, start_new_session=True, stdin=subprocess.DEVNULL)
            try:
                reason = self._wait(self.process, started)
            finally:
                self._end(self.process)
            if reason is not None:
                had_heartbeat = (heartbeat.last(self.run) or 0.0) >= started
                self.failures = 0 if had_heartbeat else self.failures + 1
                log.warning("the browser starts again: %s", reason)
                self.sleep(PAUSES[min(self.failures, len(PAUSES) - 1)])

    def stop(self) -> None:
        self.ended = True

    def _wait(self, process: subprocess.Popen[bytes], started: float) -> str | None:
        """Return why the browser must be started again; None after `stop`."""
        while not self.ended:
            seen = Seen(time.monotonic(), started, heartbeat.last(self.run), process.poll() is not None)
            reason = reason_to_restart(seen, self.limits)
            if reason is not None:
                return reason
            self.sleep(LOOK_SECONDS)
        return None

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End the whole group; a hung browser does not hear SIGTERM."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)
