"""Worker and relay while the database is silent, and while no connection is free: they go on by themselves."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager

import psycopg2
import pytest
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from app.adapters.postgres_limits import Limits, plain
from app.core import db
from app.core.deliveries import DeliverySource
from app.core.handling import Attempt
from app.core.messages import SeatsFreed
from app.core.outbox_source import OutboxSource
from app.core.relay import Relay
from app.core.sqs_source import SqsSource
from app.core.worker import Worker
from tests.core.sqs_server import sqs
from tests.silent_proxy import silent_proxy

WAIT_LIMIT = 60.0
CONNECTIONS = 6
LIMITS = Limits(connect=1, statement=1, lock=1, idle=10, pool=0.3)
PUBLISH = (
    "insert into core.outbox (message_id, consumer, kind, payload)"
    " values (%s, 'reservations', 'SeatsFreed', '{\"screening_id\": 1}')"
)
Handled = Callable[[str], bool]  # whether the message is where it belongs


@contextmanager
def running(target: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=target)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join()


@contextmanager
def working() -> Iterator[Handled]:
    """A running worker."""
    handled: list[str] = []

    def handle(message: SeatsFreed, attempt: Attempt) -> None:
        with attempt.transaction():
            handled.append(attempt.message_id)

    source: DeliverySource = OutboxSource()
    worker = Worker(source, {("reservations", SeatsFreed): handle}, [], threads=1)
    with running(worker.run, worker.stop):
        yield lambda message_id: message_id in handled


@contextmanager
def relaying() -> Iterator[Handled]:
    """A running relay."""
    with sqs(("reservations",)) as (queues, _):
        relay = Relay(queues, ["reservations"])
        moved: list[str] = []

        def is_moved(message_id: str) -> bool:
            found = SqsSource(queues).lease(["reservations"], most=10, seconds=30)
            moved.extend(delivery.message_id for delivery in found)
            return message_id in moved

        with running(relay.run, relay.stop):
            yield is_moved


@pytest.fixture(params=[working, relaying], ids=["worker", "relay"])
def process(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[Handled]]:
    return request.param


@pytest.fixture
def reconnected(database: str) -> Iterator[str]:
    """The database; `core.db` is connected to it again after the test."""
    yield database
    db.connect(database)


def publish(database: str) -> str:
    message_id = str(uuid.uuid4())
    with closing(psycopg2.connect(plain(database))) as connection, connection, connection.cursor() as cursor:
        cursor.execute(PUBLISH, (message_id,))
    return message_id


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_LIMIT
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.05)


def has_failed(caplog: pytest.LogCaptureFixture) -> bool:
    return any("the database may be unreachable" in record.message for record in caplog.records)


def test_the_database_is_silent_for_a_while(
    reconnected: str,
    process: Callable[[], AbstractContextManager[Handled]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with silent_proxy(reconnected) as proxy:
        db.connect(proxy.url, limits=LIMITS)
        with process() as handled, caplog.at_level(logging.WARNING):
            first = publish(reconnected)
            wait_until(lambda: handled(first))
            proxy.silence_all()
            second = publish(reconnected)
            wait_until(lambda: has_failed(caplog))
            proxy.resume()
            wait_until(lambda: handled(second))


def test_all_connections_of_the_pool_are_used_for_a_while(
    reconnected: str,
    process: Callable[[], AbstractContextManager[Handled]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = db.connect(reconnected, limits=LIMITS, pool_size=CONNECTIONS)
    with process() as handled, caplog.at_level(logging.WARNING):
        with ExitStack() as others:
            with pytest.raises(NoConnectionLeft):
                while True:
                    others.enter_context(engine.connect())
            message = publish(reconnected)
            wait_until(lambda: has_failed(caplog))
        wait_until(lambda: handled(message))
