"""Listening to NOTIFY on a connection outside of the pool. Works under threads and under gevent alike."""

from __future__ import annotations

import selectors
import threading
import time
from collections.abc import Callable, Iterable

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from app.adapters.postgres_limits import Limits, open_connection

SLICE_SECONDS = 0.5
# A connection that is silent looks like one that nobody notifies: ask it after so long without a word.
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

    What was sent before `ready` was not heard: the caller reads the truth then. Raises ListenError, at the latest
    PING_SECONDS and the limit of an answer after the connection went silent.
    """
    try:
        listening = open_connection(url, limits)
    except psycopg2.Error as error:
        raise ListenError(str(error)) from error
    try:
        listening.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        _say(listening, f'listen "{channel}"')
        ready()
        _hear(listening, stopping, heard)
    except (psycopg2.Error, OSError, ValueError) as error:
        raise ListenError(str(error)) from error
    finally:
        listening.close()


def _hear(listening: connection, stopping: threading.Event, heard: Callable[[Iterable[str]], None]) -> None:
    answered_at = time.monotonic()
    # select() refuses descriptors beyond 1,023, and a process with many streams has more of them open. The selector is
    # named at the time of use: gevent puts its own here.
    with selectors.DefaultSelector() as selector:
        selector.register(listening, selectors.EVENT_READ)
        while not stopping.is_set():
            if selector.select(SLICE_SECONDS):
                listening.poll()
                answered_at = time.monotonic()
            elif time.monotonic() - answered_at > PING_SECONDS:
                _say(listening, "select 1")
                answered_at = time.monotonic()
            payloads = [notify.payload for notify in listening.notifies]
            listening.notifies.clear()
            if payloads:
                heard(payloads)


def _say(listening: connection, statement: str) -> None:
    with listening.cursor() as cursor:
        cursor.execute(statement)
