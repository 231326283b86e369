"""JSON documents of an identity provider, read over the network within limits of time and size."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import urllib3

from app.adapters import incoming_json

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 2.0, 2.0, 5.0
MOST_BYTES = 256 * 1024


class Calls(Protocol):
    """What is told of each call of the provider by its name: `core.telemetry.call`."""

    def __call__(self, name: str, /) -> AbstractContextManager[Any]: ...


def unwatched(name: str, /) -> AbstractContextManager[None]:
    """No one is told of the call."""
    return nullcontext()


class Documents:
    """Reads documents of one server. Threads may share it."""

    def __init__(self, calls: Calls = unwatched) -> None:
        self._calls = calls
        self._pool = urllib3.PoolManager(
            num_pools=1, retries=False, timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        )

    def read(self, address: str, what: str) -> object:
        """The content of the document; `what` names it. Raises HTTPError of urllib3, ValueError."""
        with self._calls(f"fetch the {what}"):
            return self._read(address)

    def _read(self, address: str) -> object:
        until = time.monotonic() + WHOLE_SECONDS
        response = self._pool.request(
            "GET",
            address,
            headers={"Accept": "application/json"},
            redirect=False,
            preload_content=False,
        )
        try:
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            content = bytearray()
            while part := response.read1(65536):
                content += part
                if len(content) > MOST_BYTES or time.monotonic() > until:
                    raise ValueError("too large or too slow")
            return incoming_json.read(bytes(content))
        finally:
            response.close()
