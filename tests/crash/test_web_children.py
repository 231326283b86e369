"""The processes that serve pages: one that dies, and one that hangs, is replaced, and the house answers again."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from collections.abc import Callable

import pytest

from tests.live_server import LiveServer
from tests.processes import children

WORKERS = 2
PATIENCE = 60.0
# A process that hangs is waited for half a minute; here for less.
IMPATIENT = "--timeout 3"


@pytest.fixture
def house(make_live_server: Callable[..., LiveServer]) -> LiveServer:
    server = make_live_server(demo=False, WEB_WORKERS=str(WORKERS), GUNICORN_CMD_ARGS=IMPATIENT)
    server.kill_worker()
    return server


def test_those_that_die_are_replaced_one_by_one_or_all_at_once(house: LiveServer) -> None:
    first = serving(house)
    replaces_each(house, signal.SIGKILL)
    second = serving(house)
    assert not first & second
    for pid in second:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(serving(house) - second) == WORKERS)
    until(lambda: answers(house))


def test_those_that_hang_are_replaced(house: LiveServer) -> None:
    replaces_each(house, signal.SIGSTOP)


def replaces_each(house: LiveServer, number: signal.Signals) -> None:
    for pid in serving(house):
        os.kill(pid, number)
        until(lambda gone=pid: gone not in serving(house))  # type: ignore[misc]
        until(lambda: len(serving(house)) == WORKERS)
        until(lambda: answers(house))


def serving(house: LiveServer) -> set[int]:
    assert house.web is not None
    assert house.web.poll() is None
    return children(house.web.pid)


def answers(house: LiveServer) -> bool:
    try:
        with urllib.request.urlopen(f"{house.url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
