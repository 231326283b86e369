"""LISTEN: notifications arrive, also in a process with more open descriptors than `select()` supports."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest

from app.adapters import postgres_listen
from app.adapters.postgres_limits import COMMANDS, Limits
from app.adapters.postgres_listen import ListenError, listen
from app.core import db, outbox, wake_up
from app.core.messages import SeatsFreed
from app.core.outbox_source import OutboxSource
from tests.silent_proxy import silent_proxy

ROOT = Path(__file__).resolve().parents[2]
MANY = 1_100
WAIT_LIMIT = 20.0


class Listener:
    """A thread that listens to `channel` and keeps the received payloads."""

    def __init__(self, url: str, channel: str = "test_listen", limits: Limits = COMMANDS) -> None:
        self.payloads: list[str] = []
        self.failed: ListenError | None = None
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._run, args=(url, channel, limits), daemon=True)
        self._thread.start()
        assert self._ready.wait(WAIT_LIMIT), self.failed

    def _run(self, url: str, channel: str, limits: Limits) -> None:
        stopping, ready, heard = self._stopping, self._ready.set, self._receive
        try:
            listen(url, channel, limits=limits, stopping=stopping, ready=ready, heard=heard)
        except ListenError as error:
            with self._more:
                self.failed = error
                self._more.notify_all()

    def _receive(self, payloads: Iterable[str]) -> None:
        with self._more:
            self.payloads += payloads
            self._more.notify_all()

    def has_received(self, payload: str) -> bool:
        with self._more:
            self._more.wait_for(lambda: payload in self.payloads or self.failed is not None, WAIT_LIMIT)
            return payload in self.payloads

    def has_failed(self) -> bool:
        with self._more:
            return self._more.wait_for(lambda: self.failed is not None, WAIT_LIMIT)

    def end(self) -> None:
        self._stopping.set()
        self._thread.join(WAIT_LIMIT)
        assert not self._thread.is_alive()


def send(url: str, *payloads: str, channel: str = "test_listen") -> None:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            for payload in payloads:
                cursor.execute("select pg_notify(%s, %s)", (channel, payload))
    finally:
        connection.close()


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """Open more descriptors in this process than `select()` supports."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY + 500
    if hard not in (-1, resource.RLIM_INFINITY) and hard < wanted:
        pytest.skip(f"this machine lets a process open {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(MANY)]
    yield
    for descriptor in opened:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_notifications_are_received(database: str) -> None:
    listener = Listener(database)
    send(database, "one", "two")
    assert listener.has_received("one")
    assert listener.has_received("two")
    listener.end()
    assert listener.failed is None


def test_a_broken_connection_is_reported(database: str) -> None:
    listener = Listener(database)
    cut_off(database)
    assert listener.has_failed()
    listener.end()


def test_a_silent_connection_is_reported(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_listen, "PING_SECONDS", 0.1)
    monkeypatch.setattr(postgres_listen, "SLICE_SECONDS", 0.1)
    with silent_proxy(database) as proxy:
        listener = Listener(proxy.url, limits=replace(COMMANDS, statement=2))
        send(proxy.url, "one")
        assert listener.has_received("one")
        proxy.silence_existing()
        assert listener.has_failed()
        assert "did not answer" in str(listener.failed)
        listener.end()


def test_an_idle_connection_is_pinged_and_loses_no_notification(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_listen, "PING_SECONDS", 0.0)
    monkeypatch.setattr(postgres_listen, "SLICE_SECONDS", 0.001)
    listener = Listener(database)
    for number in range(30):
        send(database, str(number))
        assert listener.has_received(str(number)), listener.failed
    listener.end()
    assert listener.failed is None


def cut_off(url: str) -> None:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and query = 'listen \"test_listen\"'"
            )
    finally:
        connection.close()


@pytest.mark.usefixtures("many_descriptors")
def test_notifications_are_received_beyond_1023_descriptors(database: str) -> None:
    listener = Listener(database)
    send(database, "one")
    assert listener.has_received("one"), listener.failed
    listener.end()


@pytest.mark.usefixtures("many_descriptors")
def test_a_worker_is_woken_beyond_1023_descriptors(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker does not poll: the first message may be found at the start, the second only by its NOTIFY."""
    monkeypatch.setattr(wake_up, "POLL_SECONDS", 3600.0)
    source = OutboxSource()
    with source.listening():
        source.lease(["reservations"], most=1, seconds=30, wait=0.1)
        for screening_id in (1, 2):
            with db.transaction():
                outbox.publish(SeatsFreed(screening_id), urgent=True)
            assert source.lease(["reservations"], most=1, seconds=30, wait=WAIT_LIMIT)


UNDER_GEVENT = f"""
import os, sys
from gevent import monkey
monkey.patch_all()
kept = [os.open(os.devnull, os.O_RDONLY) for _ in range({MANY})]
from tests.adapters.test_postgres_listen import Listener, send
listener = Listener(sys.argv[1])
send(sys.argv[1], "one")
assert listener.has_received("one"), listener.failed
listener.end()
print("heard")
"""


@pytest.mark.usefixtures("many_descriptors")
def test_notifications_are_received_beyond_1023_descriptors_under_gevent(database: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNDER_GEVENT, database], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "heard\n", done.stderr
