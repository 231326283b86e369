"""Run functions in threads at the same time, wait until transactions block each other, sort the results."""

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

TIMEOUT_SECONDS = 30.0  # seconds


def run_at_once(works: list[Callable[[], Any]], *, timeout: float = 60.0) -> list[Any]:
    """Run each work in its own thread, all started together; returns each result, or the exception that was raised."""
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
    assert not any(thread.is_alive() for thread in threads), "a thread never ended"
    return results


def commit_while_the_other_waits(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Run `first`, start `second` in another thread until a lock blocks it, then commit `first`."""
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
        wait_until_blocked()
    follower.join(TIMEOUT_SECONDS)
    assert not follower.is_alive()
    assert not failed, failed


def wait_until_blocked() -> None:
    wait_until_count_blocked(1)


def wait_until_count_blocked(count: int) -> None:
    wait_until(lambda: count_blocked() >= count)


def wait_until_blocked_or_ended(thread: threading.Thread, seconds: float = TIMEOUT_SECONDS) -> None:
    """Wait until the thread's transaction is blocked by a lock, or the thread has ended."""
    wait_until(lambda: not thread.is_alive() or is_any_blocked(), seconds)


def wait_until(condition: Callable[[], bool], seconds: float = TIMEOUT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s; {count_blocked()} are blocked"
        time.sleep(0.01)


def is_any_blocked() -> bool:
    """Whether a transaction waits for a lock."""
    return count_blocked() > 0


def count_blocked() -> int:
    waiting = text(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    with db.autocommit_connection() as connection:
        return int(connection.execute(waiting).scalar_one())


def of_kind(results: list[Any], kind: type) -> list[Any]:
    return [result for result in results if isinstance(result, kind)]


def deadlocks(results: list[Any]) -> int:
    return sum(isinstance(error.orig, DeadlockDetected) for error in of_kind(results, DBAPIError))


def unexpected(results: list[Any]) -> list[Any]:
    """The exceptions that are not expected: lost seats are, and deadlocks are counted separately."""
    return [
        result
        for result in of_kind(results, Exception)
        if not isinstance(result, SeatsLost | NotHeld | NothingFits)
        and not (isinstance(result, DBAPIError) and isinstance(result.orig, DeadlockDetected))
    ]
