"""A worker that waits for deliveries: `DeliverySource.lease` with a wait, and `stop`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.core.deliveries import Delivery, DeliverySource
from tests.core.delivery_forms import Form, lease_one

pytestmark = pytest.mark.usefixtures("database")
WAIT_LIMIT = 20.0


@pytest.fixture
def waiting(source: DeliverySource) -> Iterator[Callable[[], list[Delivery]]]:
    """Start a thread that waits for a delivery; the fixture's function returns the deliveries that it got."""
    got: list[list[Delivery]] = []

    def wait() -> None:
        got.append(source.lease(["reservations"], most=10, seconds=30, wait=10 * WAIT_LIMIT))

    with source.listening():
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.2)  # usually the thread waits by now; the test passes in either case

        def result() -> list[Delivery]:
            thread.join(WAIT_LIMIT)
            assert not thread.is_alive()
            return got[0]

        yield result
        source.stop()
        thread.join(WAIT_LIMIT)


def test_a_waiting_worker_gets_a_new_delivery(form: Form, waiting: Callable[[], list[Delivery]]) -> None:
    message_id = form.send()
    assert [delivery.message_id for delivery in waiting()] == [message_id]


def test_a_waiting_worker_gets_a_retry_that_becomes_due(
    form: Form, source: DeliverySource, other: DeliverySource
) -> None:
    form.send()
    source.retry(lease_one(source), delay=0.5, error="the bank is unreachable")
    (again,) = other.lease(["reservations"], most=10, seconds=30, wait=WAIT_LIMIT)
    assert again.attempts == 2


def test_stopping_a_source_ends_its_waits(
    form: Form, source: DeliverySource, waiting: Callable[[], list[Delivery]]
) -> None:
    source.stop()
    assert waiting() == []
    assert source.lease(["reservations"], most=10, seconds=30, wait=10 * WAIT_LIMIT) == []


def test_a_wait_ends_at_its_limit(source: DeliverySource) -> None:
    assert source.lease(["reservations"], most=10, seconds=30, wait=0.1) == []
