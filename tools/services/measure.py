"""`make services ARGS=--measure`: how long each process takes to start, and how much memory it has."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tools.build.steps import say
from tools.services.plan import Plan
from tools.services.running import ServiceSet

MOST_SECONDS, MOST_MEGABYTES = 2.0, 110.0


def start_one_by_one(running: ServiceSet, planned: Sequence[Plan]) -> None:
    """Start each process alone, until it is ready, and print its figures.

    Memory: the process with all that it started; a page that several of them share counts once (PSS).
    """
    say(
        f"{'process':<20} {'ready after':>12} {'memory':>10}   (aims: {MOST_SECONDS:.0f} s, {MOST_MEGABYTES:.0f} MB)"
    )
    for plan in planned:
        begun = time.monotonic()
        child = running.start(plan, wait=True)
        seconds = time.monotonic() - begun
        memory = sum(_megabytes(pid) for pid in _group(child.pid))
        say(f"{plan.name:<20} {seconds:>10.2f} s {memory:>7.0f} MB")


def _group(leader: int) -> list[int]:
    """The processes of a process group. Empty where there is no /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[2]) == leader:
            found.append(int(folder.name))
    return found


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
