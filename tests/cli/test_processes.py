"""Child processes of `serve`: one that dies, hangs or stops answering is replaced, with its own children."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli.processes import CHECK_SECONDS, Child
from tests.processes import alive, children

ROOT = Path(__file__).resolve().parents[2]
WAIT_LIMIT = 30.0
BEATS = """
import os, subprocess, sys, time
from pathlib import Path
from app.core.liveness import Heartbeat
subprocess.Popen(["sleep", "600"])
heartbeat = Heartbeat(Path(os.environ["BILHETERIA_HEARTBEAT"]))
while True:
    heartbeat.beat()
    time.sleep(0.1)
"""
Make = Callable[..., Child]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Child] = []

    def start(answered: Callable[[], int] | None = None) -> Child:
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        child = Child(
            "web",
            [sys.executable, "-c", BEATS],
            env,
            tmp_path / "log",
            heartbeat=tmp_path / "heartbeat",
            hang_seconds=4,
            answered=answered,
        )
        made.append(child)
        child.start()
        watch(child, lambda: bool(children(child.pid)) and (tmp_path / "heartbeat").exists())
        return child

    yield start
    for child in made:
        child.terminate()
        child.wait_for_end(time.monotonic() + 1)


def watch(child: Child, done: Callable[[], bool]) -> list[str]:
    """Watch a child as `serve` does until `done`; returns the lines for the terminal."""
    lines: list[str] = []
    deadline = time.monotonic() + WAIT_LIMIT
    while not done():
        assert time.monotonic() < deadline, lines
        if line := child.keep_running():
            lines.append(line)
        time.sleep(CHECK_SECONDS)
    return lines


def test_a_process_that_hangs_is_replaced(make: Make) -> None:
    child = make()
    first = child.pid
    os.kill(first, signal.SIGSTOP)
    lines = watch(child, lambda: child.is_running() and child.pid not in (0, first))
    assert lines[0] == "The web process has no heartbeat; it is replaced."
    assert "ended (signal 9); starting it again" in lines[1]
    assert child.is_running()


def test_a_process_that_stops_answering_is_replaced(make: Make) -> None:
    count = [0]
    child = make(lambda: count[0])
    first = child.pid
    count[0] += 1
    lines = watch(child, lambda: child.is_running() and child.pid not in (0, first))
    assert lines[0] == "The web process does not answer; it is replaced."


def test_a_healthy_process_is_left_alone(make: Make) -> None:
    count = [0]
    child = make(lambda: count[0])
    first = child.pid
    seen = [0]

    def checked_often() -> bool:
        count[0] += 1
        seen[0] += 1
        return seen[0] > 40  # twice the time after which it counts as hung

    assert watch(child, checked_often) == []
    assert child.pid == first


def test_a_process_that_dies_leaves_no_children(make: Make) -> None:
    """A hanging child would keep the port and answer no request."""
    child = make()
    (left,) = children(child.pid)
    os.kill(left, signal.SIGSTOP)
    first = child.pid
    os.kill(first, signal.SIGKILL)
    watch(child, lambda: child.is_running() and child.pid not in (0, first))
    watch(child, lambda: not alive(left))
