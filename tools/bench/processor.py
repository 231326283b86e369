"""The processor time of the measured server's processes, as counted by the kernel."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from tools.bench.machine import family
from tools.bench.server import BenchServer

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Spent:
    """Seconds of processor time, user and system. `documents` is the worker's process that draws PDFs."""

    web: float
    worker: float
    documents: float
    postgres: float

    @property
    def answering(self) -> float:
        """The sum of the processes that answer requests."""
        return self.web + self.postgres

    @property
    def total(self) -> float:
        return self.web + self.worker + self.documents + self.postgres

    def __sub__(self, before: Spent) -> Spent:
        return Spent(
            **{one.name: getattr(self, one.name) - getattr(before, one.name) for one in fields(self)}
        )

    def __mul__(self, number: float) -> Spent:
        return self / (1 / number)

    def __truediv__(self, number: float) -> Spent:
        return Spent(**{one.name: getattr(self, one.name) / number for one in fields(self)})


def spent(server: BenchServer) -> Spent:
    """The processor time since the start of each process. Differences are wrong if a process was replaced."""
    worker = server.children["worker"].pid
    return Spent(
        web=seconds_of(family(server.children["web"].pid)),
        worker=seconds_of([worker]),
        documents=seconds_of(pid for pid in family(worker) if pid != worker),
        postgres=seconds_of(family(server.postgres.pid), ended=True),
    )


def seconds_of(pids: Iterable[int], *, ended: bool = False) -> float:
    """Seconds of these processes; with `ended` also of their ended children, such as closed database connections."""
    total = 0
    for pid in pids:
        try:
            counts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(count) for count in counts[11 : 15 if ended else 13])
    return total / _TICKS
