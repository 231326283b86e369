"""While the database is silent, one thread at a time connects, and dead connections leave the pool."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.adapters.postgres_limits import NoAnswer, Outage
from app.core import db
from app.core.config import Settings
from tests.adapters.test_postgres_limits import LONG, WAIT_LIMIT
from tests.silent_proxy import SilentProxy, silent_proxy

CALLERS = 6


@pytest.fixture
def proxy(database: str, settings: Settings) -> Iterator[SilentProxy]:
    """A proxy between `core.db` and Postgres, with a short time limit for statements."""
    with silent_proxy(database) as proxy:
        db.connect(proxy.url, pool_size=1, limits=replace(LONG, statement=1.5))
        yield proxy
        db.connect(database, pool_size=settings.database.pool_size)


def read_seven() -> int:
    with db.reading() as session:
        return session.execute(text("select 7")).scalar_one()


def test_a_connection_without_an_answer_is_not_used_again(proxy: SilentProxy) -> None:
    assert read_seven() == 7
    proxy.silence_existing()
    with pytest.raises(OperationalError) as failed:
        read_seven()
    assert isinstance(failed.value.orig, NoAnswer)
    assert failed.value.connection_invalidated
    assert read_seven() == 7


def test_connections_work_again_after_the_outage(proxy: SilentProxy) -> None:
    db.connect(proxy.url, pool_size=1, limits=replace(LONG, connect=2, statement=1.5))
    assert read_seven() == 7
    proxy.silence_all()
    for _ in range(2):
        with pytest.raises(OperationalError):
            read_seven()
    proxy.resume()
    assert read_seven() == 7


def test_a_transaction_without_an_answer_leaves_nothing_open(proxy: SilentProxy) -> None:
    with pytest.raises(OperationalError), db.transaction() as session:
        session.execute(text("select pg_advisory_xact_lock(3)"))
        proxy.silence_existing()
        session.execute(text("select 7"))
    with db.transaction() as session:
        assert session.execute(text("select 7")).scalar_one() == 7


def test_one_thread_connects_and_the_others_share_its_result() -> None:
    outage = Outage(WAIT_LIMIT)
    outage.begin()
    arrived = threading.Semaphore(0)

    class Queue:
        """A lock that counts the callers that wait for it."""

        lock = outage._trying
        release = lock.release

        def acquire(self, timeout: float) -> bool:
            arrived.release()
            return self.lock.acquire(timeout=timeout)

    outage._trying = Queue()  # type: ignore[assignment]
    asked, answer, failed = [], threading.Event(), []

    def dial() -> None:
        asked.append(1)
        answer.wait(WAIT_LIMIT)
        raise NoAnswer("silent")

    def call() -> None:
        try:
            outage.connect(dial)
        except psycopg2.OperationalError as error:
            failed.append(error)

    callers = [threading.Thread(target=call) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    for _ in callers:
        arrived.acquire()
    answer.set()
    for caller in callers:
        caller.join(WAIT_LIMIT)
    assert len(failed) == CALLERS
    assert len(asked) == 1
    with pytest.raises(NoAnswer):
        outage.connect(dial)  # a later caller connects again
    assert outage.connect(lambda: 7) == 7
    assert outage.connect(lambda: 8) == 8
