"""A web process that dies or hangs is replaced, and the server answers again."""

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
def server(make_live_server: Callable[..., LiveServer]) -> LiveServer:
    server = make_live_server(demo=False, WEB_WORKERS=str(WORKERS), GUNICORN_CMD_ARGS=IMPATIENT)
    server.kill_worker()
    return server


def test_those_that_die_are_replaced_one_by_one_or_all_at_once(server: LiveServer) -> None:
    first = serving(server)
    replaces_each(server, signal.SIGKILL)
    second = serving(server)
    assert not first & second
    for pid in second:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(serving(server) - second) == WORKERS)
    until(lambda: answers(server))


def test_those_that_hang_are_replaced(server: LiveServer) -> None:
    replaces_each(server, signal.SIGSTOP)


def replaces_each(server: LiveServer, number: signal.Signals) -> None:
    for pid in serving(server):
        os.kill(pid, number)
        until(lambda gone=pid: gone not in serving(server))  # type: ignore[misc]
        until(lambda: len(serving(server)) == WORKERS)
        until(lambda: answers(server))


def serving(server: LiveServer) -> set[int]:
    assert server.web is not None
    assert server.web.poll() is None
    return children(server.web.pid)


def answers(server: LiveServer) -> bool:
    try:
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
