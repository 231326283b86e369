"""Listening to NOTIFY on a connection outside of the pool, under threads or gevent."""

from __future__ import annotations

import selectors
import threading
import time
from collections.abc import Callable, Iterable

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from app.adapters.postgres_limits import Limits, open_connection

SLICE_SECONDS = 0.5
# A dead connection looks like one without notifications: send a query after this time without any.
PING_SECONDS = 10.0


class ListenError(RuntimeError):
    """The connection could not be made, or has ended."""


def listen(
    url: str,
    channel: str,
    *,
    limits: Limits,
    stopping: threading.Event,
    ready: Callable[[], None],
    heard: Callable[[Iterable[str]], None],
) -> None:
    """Call `heard` with the payloads of `channel` until `stopping` is set; `ready` once, when listening has begun.

    Notifications before `ready` are lost: the caller queries the database then. Raises ListenError, at the latest
    PING_SECONDS and the limit of an answer after the connection went silent.
    """
    try:
        listening = open_connection(url, limits)
    except psycopg2.Error as error:
        raise ListenError(str(error)) from error
    try:
        listening.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        _execute(listening, f'listen "{channel}"')
        ready()
        _receive(listening, stopping, heard)
    except (psycopg2.Error, OSError, ValueError) as error:
        raise ListenError(str(error)) from error
    finally:
        listening.close()


def _receive(
    listening: connection, stopping: threading.Event, heard: Callable[[Iterable[str]], None]
) -> None:
    answered_at = time.monotonic()
    # select() refuses descriptors above 1,023, and a process with many streams has more. The selector is looked up at
    # the time of use, because gevent replaces it.
    with selectors.DefaultSelector() as selector:
        selector.register(listening, selectors.EVENT_READ)
        while not stopping.is_set():
            if selector.select(SLICE_SECONDS):
                listening.poll()
                answered_at = time.monotonic()
            elif time.monotonic() - answered_at > PING_SECONDS:
                _execute(listening, "select 1")
                answered_at = time.monotonic()
            payloads = [notify.payload for notify in listening.notifies]
            listening.notifies.clear()
            if payloads:
                heard(payloads)


def _execute(listening: connection, statement: str) -> None:
    with listening.cursor() as cursor:
        cursor.execute(statement)
