"""Connections of one web process take turns: a client that pipelines requests does not block the others."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from tests.live_server import LiveServer
from tests.processes import children

REQUESTS = 200
WAIT_LIMIT = 60.0


class Pipelining:
    """A client that sends requests without waiting for the answers."""

    def __init__(self, port: int, name: str) -> None:
        self.request = f"GET /healthz?{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_LIMIT)
        self.send(1)
        self.receive(1)  # now a greenlet serves the connection

    def send(self, requests: int) -> None:
        self.socket.sendall(self.request * requests)

    def receive(self, answers: int) -> None:
        received = b""
        while received.count(b"HTTP/1.1 200 OK\r\n") < answers:
            chunk = self.socket.recv(1 << 16)
            assert chunk, received[-500:]
            received += chunk


def test_a_pipelining_client_does_not_block_another(
    make_live_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    access = tmp_path / "access.log"
    server = make_live_server(
        demo=False,
        WEB_WORKERS="1",
        GUNICORN_CMD_ARGS=f"--access-logfile {access} --access-logformat %(q)s",
    )
    assert server.web is not None
    (serving,) = children(server.web.pid)
    one, other = Pipelining(server.port, "one"), Pipelining(server.port, "other")
    # The stopped process reads nothing until both clients have sent everything, so it alone chooses the order.
    os.kill(serving, signal.SIGSTOP)
    for client in (one, other):
        client.send(REQUESTS)
    os.kill(serving, signal.SIGCONT)
    for client in (one, other):
        client.receive(REQUESTS)
        client.socket.close()

    server.stop()
    served = [line for line in access.read_text().split() if line in ("one", "other")][2:]
    assert len(served) == 2 * REQUESTS
    first_finished = "other" if served[-1] == "one" else "one"
    last_of_first = len(served) - served[::-1].index(first_finished)
    of_the_other = last_of_first - REQUESTS
    assert of_the_other > REQUESTS // 2, (
        f"{first_finished} got all answers while the other got {of_the_other}"
    )
