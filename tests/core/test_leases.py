"""Leases: a delivery that waits behind others of its batch stays its worker's, or is left to who has it now."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest
from sqlalchemy import text

from app.core import db, leases, outbox, worker
from app.core.dead_letters import dead_letters
from app.core.messages import SeatsFreed
from app.core.outbox import Delivery

pytestmark = pytest.mark.usefixtures("database")
MINE = ["reservations"]


def publish(count: int) -> None:
    with db.transaction():
        for number in range(count):
            outbox.publish(SeatsFreed(screening_id=number))


def lease(seconds: float = 30) -> list[Delivery]:
    return leases.lease(MINE, batch=4, seconds=seconds)


def time_passes(seconds: float, *deliveries: Delivery) -> None:
    """For the database and for the worker that holds `deliveries`."""
    with db.transaction() as session:
        ago = "update core.outbox set leased_until = leased_until - make_interval(secs => :seconds)"
        session.execute(text(ago), {"seconds": seconds})
    for delivery in deliveries:
        delivery.leased_at -= seconds


def test_a_lease_that_waited_begins_anew() -> None:
    publish(1)
    (mine,) = lease()
    time_passes(20, mine)
    assert leases.keep(mine, seconds=30)
    time_passes(20, mine)
    assert lease() == [], "ten of thirty seconds are left"
    time_passes(20)
    assert len(lease()) == 1


def test_a_young_lease_asks_nothing() -> None:
    publish(1)
    (mine,) = lease()
    with db.transaction() as session:
        session.execute(text("delete from core.outbox"))
    assert leases.keep(mine, seconds=30)


def test_a_lease_that_was_lost_is_left_to_its_new_worker() -> None:
    publish(1)
    (first,) = lease()
    time_passes(40, first)
    (second,) = lease()
    assert not leases.keep(first, seconds=30)
    time_passes(20, second)
    assert leases.keep(second, seconds=30)


def test_a_delivery_that_another_has_done_is_not_begun() -> None:
    publish(1)
    (first,) = lease()
    time_passes(40, first)
    worker.drain({("reservations", SeatsFreed): lambda message, delivery: None})
    assert not leases.keep(first, seconds=30)


@pytest.mark.parametrize("give_up", [leases.bury, lambda d, error: leases.put_off(d, delay=0, error=error)])
def test_who_lost_the_lease_does_not_end_that_of_another(give_up) -> None:  # type: ignore[no-untyped-def]
    publish(1)
    (first,) = lease()
    time_passes(40, first)
    assert len(lease()) == 1
    give_up(first, error="too late")
    assert lease() == []
    with db.reading():
        assert dead_letters() == []


def test_a_batch_that_takes_longer_than_its_lease_is_handled_once() -> None:
    """Four messages of two seconds each, on a lease of five, with another thread that looks for work."""
    publish(worker.BATCH)
    handled: Counter[int] = Counter()
    done = threading.Event()

    def slow(message: SeatsFreed, delivery: Delivery) -> None:
        handled[message.screening_id] += 1
        time.sleep(2)
        if message.screening_id == worker.BATCH - 1:
            done.set()

    running = worker.Worker({("reservations", SeatsFreed): slow}, [], threads=2, lease_seconds=5.0)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        assert done.wait(60)
        time.sleep(1.5)  # until the other thread has looked once more
    finally:
        running.stop()
        thread.join(30)
    assert handled == dict.fromkeys(range(worker.BATCH), 1)
