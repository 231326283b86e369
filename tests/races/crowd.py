"""Many at once: threads that start together, and what became of each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from psycopg2.errors import DeadlockDetected
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import db
from app.reservations.service import NotHeld, NothingFits, SeatsLost

PATIENCE = 30.0  # seconds


def rush(works: list[Callable[[], Any]], *, timeout: float = 60.0) -> list[Any]:
    """Run every work in a thread of its own, all let go at once; what each returned, or the exception it raised."""
    results: list[Any] = [None] * len(works)
    gate = threading.Barrier(len(works))

    def run(index: int, work: Callable[[], Any]) -> None:
        gate.wait()
        try:
            results[index] = work()
        except Exception as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return results


def one_waits_for_the_other(first: Callable[[], object], second: Callable[[], object]) -> None:
    """`first` has the order's lock, `second` has begun and waits for it when `first` commits."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            with db.transaction():
                second()
        except Exception as error:
            failed.append(error)

    follower = threading.Thread(target=run, daemon=True)
    with db.transaction():
        first()
        follower.start()
        until_somebody_waits()
    follower.join(PATIENCE)
    assert not follower.is_alive()
    assert not failed, failed


def until_somebody_waits() -> None:
    until_so_many_wait(1)


def until_so_many_wait(count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while (waiting := how_many_wait()) < count:
        assert time.monotonic() < deadline, f"{waiting} wait, not {count}"
        time.sleep(0.01)


def until_it_waits_or_has_ended(thread: threading.Thread, seconds: float = PATIENCE) -> None:
    """It has come as far as it can while somebody else's transaction is open."""
    deadline = time.monotonic() + seconds
    while thread.is_alive() and not somebody_waits():
        assert time.monotonic() < deadline, "it neither waits nor ends"
        time.sleep(0.01)


def somebody_waits() -> bool:
    """Whether a transaction waits for another one's lock."""
    return how_many_wait() > 0


def how_many_wait() -> int:
    waiting = text(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    with db.aside() as connection:
        return int(connection.execute(waiting).scalar_one())


def of_kind(results: list[Any], kind: type) -> list[Any]:
    return [result for result in results if isinstance(result, kind)]


def deadlocks(results: list[Any]) -> int:
    return sum(isinstance(error.orig, DeadlockDetected) for error in of_kind(results, DBAPIError))


def unexpected(results: list[Any]) -> list[Any]:
    """What no crowd at the seats may meet: all but seats that were lost, and deadlocks, which are counted."""
    return [
        result
        for result in of_kind(results, Exception)
        if not isinstance(result, SeatsLost | NotHeld | NothingFits)
        and not (isinstance(result, DBAPIError) and isinstance(result.orig, DeadlockDetected))
    ]
