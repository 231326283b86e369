"""`make services ARGS=--measure`: how long each process takes to start, and how much memory it has."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.build.steps import say
from tools.services.plan import Plan
from tools.services.running import ServiceSet

MOST_SECONDS, MOST_MEGABYTES = 2.0, 110.0


@dataclass(frozen=True)
class Started:
    """A process that is ready: the seconds until then, and what it used with all that it started.

    A page of memory that several processes share counts once (PSS).
    """

    name: str
    seconds: float
    processor_seconds: float
    megabytes: float


def start_each(running: ServiceSet, planned: Sequence[Plan]) -> Iterator[Started]:
    """Start each process alone, after the one before is ready."""
    for plan in planned:
        begun = time.monotonic()
        child = running.start(plan, wait=True)
        seconds = time.monotonic() - begun
        group = _group(child.pid)
        yield Started(plan.name, seconds, sum(map(_processor_seconds, group)), sum(map(_megabytes, group)))


def start_one_by_one(running: ServiceSet, planned: Sequence[Plan]) -> None:
    """Start each process alone, until it is ready, and print its figures."""
    aims = f"(aims: {MOST_SECONDS:.0f} s, {MOST_MEGABYTES:.0f} MB)"
    say(f"{'process':<20} {'ready after':>12} {'processor':>11} {'memory':>10}   {aims}")
    for one in start_each(running, planned):
        say(f"{one.name:<20} {one.seconds:>10.2f} s {one.processor_seconds:>9.2f} s {one.megabytes:>7.0f} MB")


def _group(leader: int) -> list[int]:
    """The processes of a process group. Empty where there is no /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields and int(fields[2]) == leader:
            found.append(int(folder.name))
    return found


def _stat(pid: int) -> list[str]:
    """What /proc tells of a process, from its state on; empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _processor_seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
