"""Child processes of `serve`: started, watched, started again when they die or hang, and ended together."""

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

from app.core.liveness import Heartbeat, Watch

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 30.0  # a child that lived this long starts its pauses anew
LOOK_SECONDS = 0.2
START_SECONDS = 180.0  # until its first sign of life, on a slow machine
LARGEST_LOG = 10_000_000
PR_SET_PDEATHSIG = 1
# What must stand before a process starts: one heap for all threads (Python runs one of them at a time), and
# no columns in tracebacks. Web and worker are some 15 MB smaller by them. The image sets the same.
LEAN = {"MALLOC_ARENA_MAX": "1", "PYTHONNODEBUGRANGES": "1"}


class Child:
    """A process that should always run. Its output goes to `log`.

    It touches `heartbeat` while it is well. `answered`, if given, is a count that rises while it answers others.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        *,
        heartbeat: Path,
        hang_seconds: float,
        answered: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        self.command = command
        self.env = {**env, "BILHETERIA_HEARTBEAT": str(heartbeat)}
        self.log = log
        self._heartbeat = Heartbeat(heartbeat)
        self._hang_seconds = hang_seconds
        self._answered = answered
        self._watches: dict[str, Watch] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = FIRST_PAUSE
        self._start_again_at = 0.0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._turn_log_over()
        self._heartbeat.clear()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command, env=self.env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                process_group=0, preexec_fn=_end_with_parent,
            )  # fmt: skip
        self._started = time.monotonic()
        self._watches = {"gives no sign of life": self._watch(self._heartbeat.last, self._hang_seconds)}
        if self._answered is not None:
            # gunicorn itself replaces a process of its own that hangs: only when that has not helped.
            self._watches["does not answer"] = self._watch(self._answered, 2 * self._hang_seconds)

    def _watch(self, read: Callable[[], object], seconds: float) -> Watch:
        return Watch(read, seconds=seconds, every=LOOK_SECONDS, first_seconds=START_SECONDS)

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def keep_running(self) -> str | None:
        """Start it again when it has died and its pause is over. Returns a line for the terminal, or None.

        To be called every LOOK_SECONDS: one that hangs is killed, and has died at the next call.
        """
        if self.is_running():
            self._turn_log_over()
            return self._kill_if_hung()
        now = time.monotonic()
        if self._process is not None:
            if now - self._started > STEADY_SECONDS:
                self._pause = FIRST_PAUSE
            self._kill_all()  # what it has started and left: a process that hangs would keep the port
            status, self._process = self._process.returncode, None
            self._start_again_at = now + self._pause
            line = (
                f"The {self.name} process ended ({_said(status)}); starting it again in {self._pause:.1f} s."
            )
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            return f"{line} Its log: {self.log}"
        if now >= self._start_again_at:
            self.start()
        return None

    def _kill_if_hung(self) -> str | None:
        wrong = [words for words, watch in self._watches.items() if watch.stands_still()]
        if not wrong:
            return None
        self._kill_all()
        return f"The {self.name} process {wrong[0]}; it is replaced."

    def _kill_all(self) -> None:
        """The process and everything that it started, at once."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):  # macOS: for a group of the dead
                os.killpg(self._process.pid, signal.SIGKILL)

    def ask_to_end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait_for_end(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds), then cut it off with everything that it started."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._kill_all()
            self._process.wait()

    def last_words(self) -> str:
        """The last line of its log; of a JSON line what it says."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        if not lines:
            return "it said nothing"
        try:
            return str(json.loads(lines[-1])["message"])
        except (ValueError, TypeError, KeyError):
            return lines[-1]

    def _turn_log_over(self) -> None:
        """Keep the newest two logs. The file is emptied in place: the process goes on writing at its end."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)


def _end_with_parent() -> None:
    """On Linux a child gets a SIGTERM when `serve` is killed outright, and frees the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _said(status: int | None) -> str:
    return f"signal {-status}" if status is not None and status < 0 else f"status {status}"
