"""A web process that dies or hangs is replaced, and the server answers again."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.live_server import LiveServer
from tests.processes import children

WORKERS = 2
WAIT_LIMIT = 60.0
# gunicorn waits half a minute for a process that hangs; the test shortens this.
SHORT_TIMEOUT = "--timeout 3"


@pytest.fixture
def server(make_live_server: Callable[..., LiveServer]) -> LiveServer:
    server = make_live_server(demo=False, WEB_WORKERS=str(WORKERS), GUNICORN_CMD_ARGS=SHORT_TIMEOUT)
    server.kill_worker()
    return server


def test_web_processes_that_die_or_hang_are_replaced(server: LiveServer) -> None:
    first = web_processes(server)
    kill_and_wait_for_each(server, signal.SIGKILL)
    second = web_processes(server)
    assert not first & second
    for pid in second:
        send(pid, signal.SIGKILL)
    wait_until(lambda: len(web_processes(server) - second) == WORKERS)
    wait_until(lambda: answers(server))
    kill_and_wait_for_each(server, signal.SIGSTOP)


def kill_and_wait_for_each(server: LiveServer, number: signal.Signals) -> None:
    for pid in web_processes(server):
        send(pid, number)
        wait_until(lambda ended=pid: ended not in web_processes(server))  # type: ignore[misc]
        wait_until(lambda: len(web_processes(server)) == WORKERS)
        wait_until(lambda: answers(server))


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # on a busy machine gunicorn replaces one that is only slow
        os.kill(pid, number)


def web_processes(server: LiveServer) -> set[int]:
    assert server.web is not None
    assert server.web.poll() is None
    return children(server.web.pid)


def answers(server: LiveServer) -> bool:
    try:
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_LIMIT
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.1)
