"""Leases in a slow batch: before each delivery is handled, its lease is extended, or the delivery is skipped."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text

from app.core import db, outbox, worker
from app.core.deliveries import Delivery
from app.core.handling import Attempt, still_leased
from app.core.messages import SeatsFreed
from app.core.outbox_source import OutboxSource

pytestmark = pytest.mark.usefixtures("database")
SOURCE = OutboxSource()


def publish(count: int) -> None:
    with db.transaction():
        for number in range(count):
            outbox.publish(SeatsFreed(screening_id=number))


def lease() -> list[Delivery]:
    return SOURCE.lease(["reservations"], most=4, seconds=30)


def is_still_leased(delivery: Delivery, *, after: float) -> bool:
    """Whether a worker still has its lease `after` seconds, by its own clock and the database's."""
    with db.transaction() as session:
        ago = "update core.outbox set leased_until = leased_until - make_interval(secs => :seconds)"
        session.execute(text(ago), {"seconds": after})
    return still_leased(replace(delivery, leased_at=delivery.leased_at - after), SOURCE, seconds=30)


def test_an_old_lease_is_extended() -> None:
    publish(1)
    (mine,) = lease()
    assert is_still_leased(mine, after=20)
    assert is_still_leased(mine, after=20)
    assert lease() == [], "the extension began a new lease"


def test_a_recent_lease_is_not_extended() -> None:
    publish(1)
    (mine,) = lease()
    with db.transaction() as session:
        session.execute(text("delete from core.outbox"))
    assert is_still_leased(mine, after=5)


def test_a_delivery_leased_by_another_worker_is_skipped() -> None:
    publish(1)
    (first,) = lease()
    assert is_still_leased(first, after=40), "no other worker has leased it yet"
    with db.transaction() as session:
        session.execute(text("update core.outbox set leased_until = clock_timestamp()"))
    (second,) = lease()
    assert not is_still_leased(first, after=40)
    assert is_still_leased(second, after=20)


def test_a_delivery_done_by_another_worker_is_skipped() -> None:
    publish(1)
    (first,) = lease()
    with db.transaction() as session:
        session.execute(text("update core.outbox set leased_until = clock_timestamp()"))
    worker.drain({("reservations", SeatsFreed): lambda message, attempt: None})
    assert not is_still_leased(first, after=40)


def test_a_batch_slower_than_its_lease_is_handled_once() -> None:
    """Four messages of two seconds each, with a lease of five, while another thread waits for work."""
    publish(worker.BATCH)
    handled: Counter[int] = Counter()
    done = threading.Event()

    def slow(message: SeatsFreed, attempt: Attempt) -> None:
        handled[message.screening_id] += 1
        time.sleep(2)
        if message.screening_id == worker.BATCH - 1:
            done.set()

    running = worker.Worker(
        OutboxSource(), {("reservations", SeatsFreed): slow}, [], threads=2, lease_seconds=5.0
    )
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        assert done.wait(60)
        time.sleep(1.5)  # the other thread polls once more
    finally:
        running.stop()
        thread.join(30)
    assert handled == dict.fromkeys(range(worker.BATCH), 1)
