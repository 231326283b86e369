"""The two shapes of the box office that are measured side by side: one web server with one worker, and seven services.

Both run on databases of their own, which are removed at the end.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, Protocol

from app.cli.processes import Child
from app.core.config import Settings, environment
from tools.bench.machine import family, memory_mb
from tools.bench.processor import seconds_of, spent
from tools.bench.server import ENV, BenchServer, query
from tools.build.services import COMMAND
from tools.build.system import find_nginx
from tools.services.measure import Started, start_each
from tools.services.plan import free_ports
from tools.services.running import FRONT, STAND_IN, ServiceSet

FIRST_PORTS = 20_000, 30_000
POSTGRES, NGINX, STAND_IN_PART = "Postgres", "nginx", "stand-in for AWS"
PARTS = {FRONT: NGINX, STAND_IN: STAND_IN_PART}


class Shape(Protocol):
    """A running box office. `port` is that of the pages and of the API."""

    name: str
    port: int

    @property
    def database_url(self) -> str: ...

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement, which commits at once."""

    def processor(self) -> dict[str, float]:
        """The part (its processes together) and its seconds of processor time since its start."""

    def memory_mb(self) -> float:
        """The memory of all processes of ours, without database, front server and stand-in (PSS)."""

    def close(self) -> None:
        """End all processes, and remove the data."""


class OneProcess:
    """One web server and one worker, as `make run` starts them; the outbox is the queue, a folder the storage."""

    name = "one process"

    def __init__(self) -> None:
        self.server = BenchServer()
        self.port = self.server.port
        self.query = self.server.query
        self.close = self.server.close

    @property
    def database_url(self) -> str:
        return self.server.postgres.url

    def processor(self) -> dict[str, float]:
        found = spent(self.server)
        return {
            "web": found.web,
            "worker": found.worker,
            "PDFs": found.documents,
            POSTGRES: found.postgres,
        }

    def memory_mb(self) -> float:
        return sum(memory_mb(family(child.pid)) for child in self.server.children.values())


class SevenServices:
    """The processes of `make services` behind nginx, with queues and storage at the stand-in for AWS.

    `started` has the figures of each process, which were started one after the other.
    """

    name = "seven services"

    def __init__(self) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="bilheteria-bench-"))
        # Connections take their ports above 32,768: one of the processes' ports could be taken before its start.
        self.port = next(free_ports(after=random.randint(*FIRST_PORTS)))
        self.started: list[Started] = []
        with _environment(
            {
                **ENV,
                "BILHETERIA_VAR": str(self.var),
                "BILHETERIA_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
                "PORT": str(self.port),
            }
        ):
            self._running = ServiceSet(Settings.from_env(), self.var)
            try:
                with redirect_stdout(sys.stderr):
                    self._running.open(lambda running, plans: self.started.extend(start_each(running, plans)))
            except BaseException:
                self.close()
                raise
        self.query("update products.stock set on_hand = on_hand + 1000000")

    @property
    def database_url(self) -> str:
        assert self._running.database is not None
        return self._running.database.url

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return query(self.database_url, statement, *values)

    def processor(self) -> dict[str, float]:
        assert self._running.database is not None
        found = {PARTS.get(name, name): seconds_of(family(child.pid)) for name, child in self._children()}
        return found | {POSTGRES: seconds_of(family(self._running.database.pid), ended=True)}

    def memory_mb(self) -> float:
        return sum(memory_mb(family(child.pid)) for name, child in self._children() if name not in PARTS)

    def close(self) -> None:
        self._running.close()
        if self._running.database is not None:
            shutil.rmtree(self._running.database.place.root, ignore_errors=True)
        shutil.rmtree(self.var, ignore_errors=True)

    def _children(self) -> Iterator[tuple[str, Child]]:
        yield from self._running.children.items()


def missing() -> str:
    """What this machine lacks for the seven services, and how to install it; "" if nothing."""
    how = "`.venv/bin/python -m tools.build.services` installs it"
    if find_nginx() is None:
        return f"nginx is not installed; as root {how}"
    return "" if COMMAND.exists() else f"the stand-in for AWS is not installed; {how}"


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set these variables while the block runs, and no others that are settings of ours."""
    before = dict(os.environ)
    for name in environment.names(Settings):
        os.environ.pop(name, None)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
