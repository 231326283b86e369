"""A server with the API of AWS in the test's process. It accepts any credentials, and any signature of a link."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto.server import ThreadedMotoServer

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}
_server: list[ThreadedMotoServer] = []


def endpoint() -> str:
    """The address of the server; it starts at the first call and ends with the process."""
    if not _server:
        _server.append(start())
    host, port = _server[0].get_host_and_port()
    return f"http://{host}:{port}"


def start(port: int = 0) -> ThreadedMotoServer:
    """One more server, at `port`; all of a process have the same content."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    return server


@contextmanager
def credentials() -> Iterator[None]:
    """Credentials in the environment, for clients that are made meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield
