"""LISTEN on one connection of its own, outside of the pool. Works under threads and under gevent alike."""

from __future__ import annotations

import selectors
import threading
from collections.abc import Callable, Iterable

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

SLICE_SECONDS = 0.5


class ListenError(RuntimeError):
    """The connection could not be made, or has ended."""


def listen(
    url: str,
    channel: str,
    *,
    stopping: threading.Event,
    ready: Callable[[], None],
    heard: Callable[[Iterable[str]], None],
) -> None:
    """Call `heard` with the payloads of `channel` until `stopping` is set; `ready` once, when listening has begun.

    What was sent before `ready` was not heard: the caller reads the truth then. Raises ListenError.
    """
    try:
        connection = psycopg2.connect(url)
    except psycopg2.Error as error:
        raise ListenError(str(error)) from error
    try:
        connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with connection.cursor() as cursor:
            cursor.execute(f'listen "{channel}"')
        ready()
        # select() refuses descriptors beyond 1,023, and a process with many streams has more of them open.
        # Named at the time of use: gevent puts its own selector here.
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            while not stopping.is_set():
                if not selector.select(SLICE_SECONDS):
                    continue
                connection.poll()
                payloads = [notify.payload for notify in connection.notifies]
                connection.notifies.clear()
                if payloads:
                    heard(payloads)
    except (psycopg2.Error, OSError, ValueError) as error:
        raise ListenError(str(error)) from error
    finally:
        connection.close()
