"""The child processes of `serve`: started, watched, restarted when they die or hang, and ended together."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from app.core.liveness import Heartbeat, Watchdog

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 30.0  # after so long a life the next pause is FIRST_PAUSE again
CHECK_SECONDS = 0.2
START_SECONDS = 180.0  # until its first heartbeat, on a slow machine
LARGEST_LOG = 10_000_000
PR_SET_PDEATHSIG = 1
# Read when a process starts: one heap for all threads (Python runs one of them at a time), and no columns in
# tracebacks. They save some 15 MB for web and worker. The image sets the same.
MEMORY_ENV = {"MALLOC_ARENA_MAX": "1", "PYTHONNODEBUGRANGES": "1"}


class Child:
    """A process that should always run. Its output goes to `log`.

    It touches the file `heartbeat`, if given, while it is healthy. `answered`, if given, is a count that
    grows while it answers requests.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        *,
        heartbeat: Path | None,
        hang_seconds: float,
        answered: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        self.command = command
        self.env = {**env, "BILHETERIA_HEARTBEAT": str(heartbeat)} if heartbeat else dict(env)
        self.log = log
        self._heartbeat = Heartbeat(heartbeat) if heartbeat else None
        self._hang_seconds = hang_seconds
        self._answered = answered
        self._watchdogs: dict[str, Watchdog] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = FIRST_PAUSE
        self._start_again_at = 0.0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._rotate_log()
        if self._heartbeat is not None:
            self._heartbeat.clear()
        with self.open_output() as output:
            self._process = subprocess.Popen(
                self.command, env=self.env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                process_group=0, preexec_fn=_end_with_parent,
            )  # fmt: skip
        self._started = time.monotonic()
        self._watchdogs = {}
        if self._heartbeat is not None:
            self._watchdogs["has no heartbeat"] = self._watchdog(self._heartbeat.last, self._hang_seconds)
        if self._answered is not None:
            # gunicorn replaces its own children that hang: wait longer than it needs.
            self._watchdogs["does not answer"] = self._watchdog(self._answered, 2 * self._hang_seconds)

    def open_output(self) -> IO[bytes]:
        """The file for what the process prints; closed in this process after the start."""
        return self.log.open("ab")

    def _watchdog(self, read: Callable[[], object], seconds: float) -> Watchdog:
        return Watchdog(read, seconds=seconds, every=CHECK_SECONDS, first_seconds=START_SECONDS)

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def keep_running(self) -> str | None:
        """Restart it when it has died and its pause is over. Returns a line for the terminal, or None.

        Call it every CHECK_SECONDS. A process that hangs is killed, and is restarted by a later call.
        """
        if self.is_running():
            self._rotate_log()
            return self._kill_if_hung()
        now = time.monotonic()
        if self._process is not None:
            if now - self._started > STEADY_SECONDS:
                self._pause = FIRST_PAUSE
            self._kill_all()  # its own children: one that hangs would keep the port
            status, self._process = self._process.returncode, None
            self._start_again_at = now + self._pause
            line = f"The {self.name} process ended ({_status_text(status)}); starting it again in {self._pause:.1f} s."
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            return f"{line} Its log: {self.log}"
        if now >= self._start_again_at:
            self.start()
        return None

    def _kill_if_hung(self) -> str | None:
        stalled = [text for text, watchdog in self._watchdogs.items() if watchdog.is_stalled()]
        if not stalled:
            return None
        self._kill_all()
        return f"The {self.name} process {stalled[0]}; it is replaced."

    def _kill_all(self) -> None:
        """Kill the process and everything that it started."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):  # macOS: the group has only dead processes
                os.killpg(self._process.pid, signal.SIGKILL)

    def terminate(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait_for_end(self, deadline: float) -> None:
        """Wait until `deadline` (steady clock), then kill it with everything that it started."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._kill_all()
            self._process.wait()

    def last_log_line(self) -> str:
        """The last line of its log; if that is JSON, its message."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        if not lines:
            return "its log is empty"
        try:
            return str(json.loads(lines[-1])["message"])
        except (ValueError, TypeError, KeyError):
            return lines[-1]

    def _rotate_log(self) -> None:
        """Keep the newest two logs. The file is truncated in place, because the process keeps it open."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)


def _end_with_parent() -> None:
    """On Linux, have a SIGTERM sent to the child when `serve` is killed, so that it frees the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _status_text(status: int | None) -> str:
    return f"signal {-status}" if status is not None and status < 0 else f"status {status}"
