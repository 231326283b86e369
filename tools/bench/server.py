"""The measured box office: an embedded Postgres with the demo, web server and worker, as `make run` starts them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from app.adapters import postgres
from app.cli.processes import MEMORY_ENV

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATIONS = (
    "app/web/gunicorn_conf.py",
    "infra/local/gunicorn_conf.py",
)  # older checkouts have the second file
# One client acts as many customers from one address, so the limits of an address are raised, and no others.
ENV = {
    "BILHETERIA_SANDBOX_PIX": "auto",
    "BILHETERIA_HOLDS_PER_VISITOR": "1000000",
    "BILHETERIA_HOLDS_PER_ADDRESS": "1000000",
    "BILHETERIA_DOORS_OPEN_MINUTES": "1440",  # tickets of all screenings of today are admitted
    "SECRET_KEY": "measured-in-public",
}


class BenchServer:
    """The processes of `make run` for the checkout in `root`, with further variables `env`.

    `close()` ends them and removes the data.
    """

    def __init__(self, root: Path = ROOT, env: Mapping[str, str] = MappingProxyType({})) -> None:
        self.root = root
        self.var = Path(tempfile.mkdtemp(prefix="bilheteria-bench-"))
        self.postgres = postgres.start(self.var / "postgres")
        self.port = _free_port()
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("BILHETERIA_")}
        self.env |= (
            MEMORY_ENV
            | ENV
            | {
                "DATABASE_URL": self.postgres.url,
                "BILHETERIA_VAR": str(self.var),
                "BILHETERIA_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
                "PORT": str(self.port),
            }
            | dict(env)
        )
        try:
            self._run([sys.executable, "-m", "app.cli.prepare"])
            # A long run sells more products than the demo's stock.
            self.query("update products.stock set on_hand = on_hand + 1000000")
            self.start_web()
            self.start_worker()
        except BaseException:
            self.close()
            raise

    def start_web(self) -> None:
        configuration = next(path for path in CONFIGURATIONS if (self.root / path).exists())
        self.children["web"] = self._spawn(
            "web", [sys.executable, "-m", "gunicorn", "--config", str(self.root / configuration)]
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.children["web"].poll() is not None:
                    raise RuntimeError((self.var / "web.log").read_text()[-3000:]) from None
                time.sleep(0.05)

    def start_worker(self) -> None:
        self.children["worker"] = self._spawn("worker", [sys.executable, "-m", "app.cli.worker"])

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return query(self.postgres.url, statement, *values)

    def stop(self, name: str) -> None:
        child = self.children.pop(name, None)
        if child is None:
            return
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def close(self) -> None:
        for name in list(self.children):
            self.stop(name)
        self.postgres.stop()
        shutil.rmtree(self.postgres.place.root, ignore_errors=True)
        shutil.rmtree(self.var, ignore_errors=True)

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, cwd=self.root, env=self.env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.var / f"{name}.log").open("ab") as log:
            env = self.env | {"PGAPPNAME": name}
            return subprocess.Popen(command, cwd=self.root, env=env, stdout=log, stderr=log, process_group=0)


class Database(Protocol):
    """A server whose database can be queried."""

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement, which commits at once."""


def query(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a statement on a connection of its own; it commits at once."""
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
