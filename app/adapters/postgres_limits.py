"""Time limits of connections to Postgres, on the server and on the client.

The server ends a statement, a wait for a lock or an idle transaction that takes too long. The kernel ends a connection
whose peer acknowledges nothing. Neither helps against a peer that acknowledges and says nothing (a proxy, a server that
is stopped): so the client waits for each answer with a deadline of its own. A wait callback of psycopg2 does that, for
connecting too, where libpq's `connect_timeout` does not apply. It works under threads and under gevent; it costs a
statement less than 0.01 ms.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from time import monotonic
from typing import Any, TypeVar

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE, connection, parse_dsn, set_wait_callback

C = TypeVar("C")

# A vanished peer is detected after idle + count * interval, or after the user timeout if data is in flight. The
# server gets the same limits: otherwise it would keep the locks of a vanished client.
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
USER_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Limits:
    """All in seconds. `idle`: a transaction that waits for its client; `pool`: the wait for a connection to be free."""

    connect: float
    statement: float
    lock: float
    idle: float
    pool: float

    @property
    def answer(self) -> float:
        """The client's own deadline for an answer: later than the server's, which keeps the connection."""
        return self.statement * 1.1 + 0.1


def page_limits(seconds: float) -> Limits:
    """The limits of processes that answer pages; `seconds` is the limit of a statement.

    With 2 seconds a page answers within 3, whatever the database does: a wait for a connection that is free, and then
    for one to be made, or for a statement.
    """
    return Limits(
        connect=0.75 * seconds, statement=seconds, lock=0.75 * seconds, idle=5 * seconds, pool=0.6 * seconds
    )


# Less than half of a message's lease: a worker thread is free again before another one takes its message.
WORKER = Limits(connect=4, statement=10, lock=5, idle=30, pool=10)
# Commands: imports and reports take long and may wait for other transactions.
COMMANDS = Limits(connect=5, statement=600, lock=60, idle=600, pool=30)
# Migrations: building an index or validating a constraint takes long; but while a migration waits for a lock, all later
# transactions wait behind it.
MIGRATIONS = Limits(connect=5, statement=3600, lock=2, idle=600, pool=30)


class NoAnswer(psycopg2.OperationalError):
    """The database did not answer within the limit; psycopg2 has closed the connection."""


class LimitedConnection(connection):
    """A connection whose waits end: `seconds` is how long the next answer may take."""

    def __init__(self, dsn: str, async_: int = 0, *, limits: Limits) -> None:
        self.seconds = float(parse_dsn(dsn).get("connect_timeout", limits.connect))
        super().__init__(dsn, async_)  # type: ignore[call-arg]
        self.seconds = limits.answer


class Outage:
    """Knows whether the process's database has stopped answering since the last connection was made.

    During an outage one thread at a time tries to connect, and the waiting threads share its result. Otherwise each
    thread would wait for the whole time limit, one after the other, and a page would take many times the limit.
    """

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long a caller waits for the thread that is connecting."""
        self.seconds = seconds
        self._silent = False
        self._failed_at = 0.0
        self._trying = threading.Lock()

    def begin(self) -> None:
        """Record that a statement got no answer: the next attempt to connect shows whether the database is silent."""
        self._silent = True

    def connect(self, open_connection: Callable[[], C]) -> C:
        """Call `open_connection`. Raises psycopg2.OperationalError; NoAnswer if the database is silent."""
        if not self._silent:
            return self._try(open_connection)
        called_at = monotonic()
        if not self._trying.acquire(timeout=self.seconds):
            raise psycopg2.OperationalError("the database does not answer")
        try:
            if self._silent and self._failed_at >= called_at:
                raise psycopg2.OperationalError("the database does not answer")
            return self._try(open_connection)
        finally:
            self._trying.release()

    def _try(self, open_connection: Callable[[], C]) -> C:
        try:
            connection = open_connection()
        except NoAnswer:
            self._silent, self._failed_at = True, monotonic()
            raise
        self._silent = False
        return connection


def connect_args(
    url: str, limits: Limits, *, read_only: bool = False, through_proxy: bool = False
) -> dict[str, Any]:
    """The arguments of psycopg2.connect beside `url`. Values in `url` and PGOPTIONS have precedence.

    `read_only`: the server refuses to write, but in a transaction that begins as `read write`. `through_proxy`: the
    server's settings stay out, since a proxy that shares connections refuses them; the database role has its own limits
    (`core.database_roles`).
    """
    install()
    given = parse_dsn(plain(url))
    options: dict[str, int | str] = {
        "statement_timeout": _milliseconds(limits.statement),
        "lock_timeout": _milliseconds(limits.lock),
        "idle_in_transaction_session_timeout": _milliseconds(limits.idle),
        "tcp_user_timeout": _milliseconds(USER_TIMEOUT_SECONDS),
        **{f"tcp_{name}": value for name, value in KEEPALIVE.items()},
    }
    if read_only:
        options["default_transaction_read_only"] = "on"
    own = {
        "keepalives": 1,
        "tcp_user_timeout": _milliseconds(USER_TIMEOUT_SECONDS),
        **KEEPALIVE,
    }
    words = [] if through_proxy else [f"-c {name}={value}" for name, value in options.items()]
    words += [given.pop("options", ""), os.environ.get("PGOPTIONS", "")]
    joined = " ".join(word for word in words if word)
    return {
        **{name: value for name, value in own.items() if name not in given},
        **({"options": joined} if joined else {}),
        "connection_factory": partial(LimitedConnection, limits=limits),
    }


def open_connection(url: str, limits: Limits) -> connection:
    """A connection outside of any pool. Raises psycopg2.Error; NoAnswer where the database is silent."""
    return psycopg2.connect(plain(url), **connect_args(url, limits))


def limits_for_programs(url: str, limits: Limits) -> dict[str, str]:
    """The part of the limits that Postgres's own programs take, as words of a connection string."""
    given = parse_dsn(plain(url))
    own = {
        "connect_timeout": str(ceil(limits.connect)),
        "tcp_user_timeout": str(_milliseconds(USER_TIMEOUT_SECONDS)),
        **{name: str(value) for name, value in KEEPALIVE.items()},
    }
    return {name: value for name, value in own.items() if name not in given}


def plain(url: str) -> str:
    """The URL without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg2://", "postgresql://", 1)


def install() -> None:
    """Make all connections of this process wait with a deadline, cooperatively under gevent."""
    monkey = sys.modules.get("gevent.monkey")
    cooperative = monkey is not None and monkey.is_module_patched("socket")
    set_wait_callback(partial(_wait, _cooperative_ready() if cooperative else _ready))


Ready = Callable[[int, bool, float | None], None]  # descriptor, for reading, seconds


def _wait(ready: Ready, waiting: connection) -> None:
    """Called by psycopg2 until the answer of a connection is there. Raises NoAnswer."""
    seconds = getattr(waiting, "seconds", None)
    left, deadline = seconds, None
    while (state := waiting.poll()) != POLL_OK:
        if state not in (POLL_READ, POLL_WRITE):
            raise psycopg2.OperationalError(f"unexpected state of a connection: {state}")
        if seconds is not None:
            # Read the clock after polling: a busy process may be late for an answer that has arrived.
            if deadline is None:
                deadline = monotonic() + seconds
            elif (left := deadline - monotonic()) <= 0:
                raise NoAnswer(f"the database did not answer within {seconds:g} seconds")
        ready(waiting.fileno(), state == POLL_READ, left)


def _ready(descriptor: int, reading: bool, seconds: float | None) -> None:
    """Return when the descriptor is ready, or `seconds` are over."""
    poll = select.poll()  # select() fails beyond descriptor 1,023
    poll.register(descriptor, select.POLLIN if reading else select.POLLOUT)
    poll.poll(None if seconds is None else ceil(seconds * 1000))


def _cooperative_ready() -> Ready:
    from gevent.socket import timeout, wait_read, wait_write

    def ready(descriptor: int, reading: bool, seconds: float | None) -> None:
        try:
            (wait_read if reading else wait_write)(descriptor, timeout=seconds)
        except timeout:
            return

    return ready


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
