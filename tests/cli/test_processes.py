"""What `serve` watches over: a process that dies, hangs or no longer answers is replaced, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli.processes import LOOK_SECONDS, Child
from tests.processes import alive, children

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
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
        child.ask_to_end()
        child.wait_for_end(time.monotonic() + 1)


def watch(child: Child, done: Callable[[], bool]) -> list[str]:
    """Look after it as `serve` does, until it is `done`; what was said meanwhile."""
    said: list[str] = []
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, said
        if line := child.keep_running():
            said.append(line)
        time.sleep(LOOK_SECONDS)
    return said


def test_one_that_hangs_is_replaced(make: Make) -> None:
    child = make()
    first = child.pid
    os.kill(first, signal.SIGSTOP)
    said = watch(child, lambda: child.is_running() and child.pid not in (0, first))
    assert said[0] == "The web process gives no sign of life; it is replaced."
    assert "ended (signal 9); starting it again" in said[1]
    assert child.is_running()


def test_one_that_no_longer_answers_is_replaced(make: Make) -> None:
    count = [0]
    child = make(lambda: count[0])
    first = child.pid
    count[0] += 1
    said = watch(child, lambda: child.is_running() and child.pid not in (0, first))
    assert said[0] == "The web process does not answer; it is replaced."


def test_one_that_is_well_is_left_alone(make: Make) -> None:
    count = [0]
    child = make(lambda: count[0])
    first = child.pid
    seen = [0]

    def looked() -> bool:
        count[0] += 1
        seen[0] += 1
        return seen[0] > 40  # twice as many looks as it may be silent for

    assert watch(child, looked) == []
    assert child.pid == first


def test_one_that_dies_leaves_nothing_of_it_behind(make: Make) -> None:
    """A process of its own that hangs would keep the port, and answer nobody."""
    child = make()
    (left,) = children(child.pid)
    os.kill(left, signal.SIGSTOP)
    first = child.pid
    os.kill(first, signal.SIGKILL)
    watch(child, lambda: child.is_running() and child.pid not in (0, first))
    watch(child, lambda: not alive(left))
