"""The real processes for journeys and crash tests: gunicorn and the worker, with a free port and a database."""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 60.0
FIRST_PORT, PORTS = 20_000, 12_000
MOST_PROCESSES = 16


class LiveServer:
    """`url` answers from construction until `stop()`. Each process can be killed and started by itself.

    Unless it is `running`, no process runs until the test starts it.
    """

    def __init__(
        self, database_url: str, var: Path, env: Mapping[str, str] | None = None, *, running: bool = True
    ) -> None:
        self.database_url = database_url
        self.var = var
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        var.mkdir(parents=True, exist_ok=True)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("BILHETERIA_", "PYTEST_"))
        }
        self.env = kept | {
            "DATABASE_URL": database_url,
            "BILHETERIA_VAR": str(var),
            "BILHETERIA_PUBLIC_URL": self.url,
            "BILHETERIA_HOST": "127.0.0.1",
            "PORT": str(self.port),
            "SECRET_KEY": "tests-secret-key",
            "WEB_WORKERS": "2",
            "BILHETERIA_DB_SECONDS": "30",  # a slow answer of a busy machine must not count as an outage
            "BILHETERIA_DOORS_OPEN_MINUTES": "1080",  # tickets of all screenings of today are admitted
            **(env or {}),
        }
        if running:
            self.start_web()
            self.start_worker()

    def start_web(self, root: Path = ROOT) -> None:
        """Start gunicorn with the program in `root`, and wait until /readyz answers."""
        configuration = str(root / "app" / "web" / "gunicorn_conf.py")
        command = [sys.executable, "-m", "gunicorn", "--config", configuration]
        self.web = self._spawn(command, self.web_log, root)
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                if self.web.poll() is not None or time.monotonic() > deadline:
                    log = self.web_log.read_text(errors="replace")[-4000:]
                    self.stop()
                    raise RuntimeError(f"the web server did not become ready ({error}):\n{log}") from None
            time.sleep(0.05)

    def start_worker(self, root: Path = ROOT) -> None:
        self.worker = self._spawn([sys.executable, "-m", "app.cli.worker"], self.worker_log, root)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement on its database, without the application's code; returns the rows, if there are any."""
        connection = psycopg2.connect(self.database_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def kill_web(self) -> None:
        """Kill gunicorn and all its workers with SIGKILL."""
        _kill(self.web)
        self.web = None

    def kill_worker(self) -> None:
        _kill(self.worker)
        self.worker = None

    def stop(self) -> None:
        """End both by SIGTERM; kill a process that does not end within 8 seconds."""
        processes = [process for process in (self.web, self.worker) if process is not None]
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(timeout=8)
            except subprocess.TimeoutExpired:
                _kill(process)
        self.web = self.worker = None

    @property
    def web_log(self) -> Path:
        return self.var / "web.log"

    @property
    def worker_log(self) -> Path:
        return self.var / "worker.log"

    def _spawn(self, command: list[str], log: Path, root: Path = ROOT) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=root,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port where nothing listens, another one at each call.

    It is below those that the system gives to connections: one of these would take it before the server does. Each
    process of a test run has ports of its own.
    """
    while True:
        port = FIRST_PORT + next(_places) % PORTS
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _ports_of_this_process() -> Iterator[int]:
    """Places in the range of all ports, round and round in the part of this process of xdist."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    part = PORTS // MOST_PROCESSES
    first = random.randrange(part)  # another run on this machine begins elsewhere
    for count in itertools.count(first):
        yield number % MOST_PROCESSES * part + count % part


_places = _ports_of_this_process()
