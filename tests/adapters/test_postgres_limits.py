"""Time limits of the communication with Postgres: by the server, and by the client when the server is silent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import psycopg2
import pytest
from psycopg2 import errors
from psycopg2.extensions import POLL_OK, POLL_READ, connection

from app.adapters import postgres_limits
from app.adapters.postgres_limits import Limits, NoAnswer, open_connection, page_limits
from tests.silent_proxy import SilentProxy, silent_proxy

WAIT_LIMIT = 60.0
# Limits that a busy machine never reaches; a test shortens only the limit that it is about.
LONG = Limits(connect=WAIT_LIMIT, statement=WAIT_LIMIT, lock=WAIT_LIMIT, idle=WAIT_LIMIT, pool=WAIT_LIMIT)
SHORT = 0.3


@pytest.fixture
def proxy(database: str) -> Iterator[SilentProxy]:
    with silent_proxy(database) as proxy:
        yield proxy


def ask(talking: connection, statement: str) -> object:
    with talking.cursor() as cursor:
        cursor.execute(statement)
        (answer,) = cursor.fetchone() or (None,)
        return answer


def test_connecting_to_a_silent_database_ends(proxy: SilentProxy) -> None:
    proxy.silence_all()
    with pytest.raises(NoAnswer):
        open_connection(proxy.url, replace(LONG, connect=SHORT))
    proxy.resume()
    assert ask(open_connection(proxy.url, LONG), "select 7") == 7


def test_a_connection_that_goes_silent_is_closed(proxy: SilentProxy) -> None:
    talking = open_connection(proxy.url, LONG)
    assert ask(talking, "select 7") == 7
    talking.seconds = SHORT  # type: ignore[attr-defined]
    proxy.silence_existing()
    with pytest.raises(NoAnswer):
        ask(talking, "select 7")
    assert talking.closed
    assert ask(open_connection(proxy.url, LONG), "select 7") == 7


def test_a_commit_without_an_answer_ends(proxy: SilentProxy) -> None:
    talking = open_connection(proxy.url, LONG)
    assert ask(talking, "select 7") == 7
    talking.seconds = SHORT  # type: ignore[attr-defined]
    proxy.silence_existing()
    with pytest.raises(NoAnswer):
        talking.commit()
    assert talking.closed


def test_an_answer_that_arrived_is_read_after_the_deadline() -> None:
    """A process that was busy finds at the same moment that the answer is there and the deadline is over."""

    class Answered:
        seconds = 0.01
        states = [POLL_READ, POLL_READ, POLL_OK]

        def poll(self) -> int:
            return self.states.pop(0)

        def fileno(self) -> int:
            return 0

    with pytest.raises(NoAnswer):
        postgres_limits._wait(lambda *_: time.sleep(0.02), Answered())  # type: ignore[arg-type]
    Answered.states = [POLL_READ, POLL_OK]
    postgres_limits._wait(lambda *_: time.sleep(0.02), Answered())  # type: ignore[arg-type]


def test_the_server_ends_a_slow_statement(database: str) -> None:
    talking = open_connection(database, replace(LONG, statement=SHORT))
    talking.seconds = WAIT_LIMIT  # type: ignore[attr-defined]
    with pytest.raises(errors.QueryCanceled):
        ask(talking, "select pg_sleep(60)")
    talking.rollback()
    assert ask(talking, "select 7") == 7


def test_waiting_for_a_lock_ends(database: str) -> None:
    holding = open_connection(database, LONG)
    ask(holding, "select pg_advisory_lock(1)")
    waiting = open_connection(database, replace(LONG, lock=SHORT))
    with pytest.raises(errors.LockNotAvailable):
        ask(waiting, "select pg_advisory_lock(1)")
    holding.close()


def test_an_idle_transaction_releases_its_locks(database: str) -> None:
    left = open_connection(database, replace(LONG, idle=SHORT))
    ask(left, "select pg_advisory_xact_lock(2)")
    other = open_connection(database, LONG)
    ask(other, "select pg_advisory_xact_lock(2)")
    with pytest.raises(psycopg2.Error):
        ask(left, "select 7")
    assert left.closed


def test_limits_in_the_database_url_have_precedence(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c lock_timeout=11s")
    url = f"{database}&options=-c%20statement_timeout%3D13s&keepalives_idle=99"
    talking = open_connection(url, page_limits(2))
    assert ask(talking, "show statement_timeout") == "13s"
    assert ask(talking, "show lock_timeout") == "11s"
    assert ask(talking, "show idle_in_transaction_session_timeout") == "10s"
    assert talking.get_dsn_parameters()["keepalives_idle"] == "99"
    assert talking.get_dsn_parameters()["tcp_user_timeout"] == "10000"
