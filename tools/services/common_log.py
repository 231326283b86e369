"""The one log of all processes: each line begins with the name of the process that wrote it."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import IO

from app.cli.processes import LARGEST_LOG, Child

NAME_WIDTH = 20


class CommonLog:
    """Collects the output of several processes. Thread-safe. The newest two files are kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._last: dict[str, str] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def open_pipe(self, name: str) -> IO[bytes]:
        """A file whose lines go to the log, until all that have it open have ended."""
        reading, writing = os.pipe()
        threading.Thread(target=self._copy, args=(name, reading), name=f"log of {name}", daemon=True).start()
        return os.fdopen(writing, "wb")

    def _copy(self, name: str, reading: int) -> None:
        with os.fdopen(reading, "r", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self._write(name, line.rstrip("\n"))

    def _write(self, name: str, line: str) -> None:
        with self._lock:
            self._last[name] = line
            self._file.write(f"{name:<{NAME_WIDTH}} {line}\n")
            self._file.flush()
            if self._file.tell() > LARGEST_LOG:
                self._file.close()
                self.path.replace(self.path.with_suffix(".log.1"))
                self._file = self.path.open("a", encoding="utf-8")

    def last_line(self, name: str) -> str:
        with self._lock:
            return self._last.get(name, "it wrote nothing")


class LoggedChild(Child):
    """A child process whose output goes to the common log."""

    common: CommonLog

    def open_output(self) -> IO[bytes]:
        return self.common.open_pipe(self.name)
