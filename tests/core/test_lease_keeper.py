"""Long work keeps its lease, and a stopping worker gives back what it has not begun."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from app.core import worker
from app.core.deliveries import Delivery, DeliverySource
from app.core.handling import Attempt
from app.core.lease_keeper import LeaseKeeper
from app.core.messages import SeatsFreed
from tests.core.delivery_forms import Form, OutboxForm, finish, lease, lease_one

pytestmark = pytest.mark.usefixtures("database")


def aged(delivery: Delivery, seconds: float) -> Delivery:
    return replace(delivery, leased_at=delivery.leased_at - seconds)


def test_a_held_lease_is_extended(form: Form, source: DeliverySource, other: DeliverySource) -> None:
    form.send()
    keeper = LeaseKeeper(source, seconds=30)
    mine = lease_one(source)
    with keeper.holding([aged(mine, 20)]):
        form.pass_time(20)
        keeper.extend_old()
        form.pass_time(20)
        assert lease(other) == []


def test_a_recent_lease_is_not_extended(form: Form, source: DeliverySource, other: DeliverySource) -> None:
    form.send()
    keeper = LeaseKeeper(source, seconds=30)
    with keeper.holding([lease_one(source)]):
        form.pass_time(20)
        keeper.extend_old()
        form.pass_time(20)
        assert lease_one(other).attempts == 2


def test_a_dropped_lease_is_not_extended(form: Form, source: DeliverySource, other: DeliverySource) -> None:
    form.send()
    keeper = LeaseKeeper(source, seconds=30)
    mine = lease_one(source)
    with keeper.holding([aged(mine, 20)]):
        keeper.drop(mine)
        form.pass_time(20)
        keeper.extend_old()
        form.pass_time(20)
        assert lease_one(other).attempts == 2


def test_a_lost_lease_is_not_taken_back(form: Form, source: DeliverySource, other: DeliverySource) -> None:
    form.send()
    keeper = LeaseKeeper(source, seconds=30)
    mine = lease_one(source)
    with keeper.holding([aged(mine, 40)]):
        form.pass_time(40)
        theirs = lease_one(other)
        keeper.extend_old()
    finish(other, theirs)


def test_long_work_is_done_once() -> None:
    """The handler works longer than its lease, and a second thread waits for work."""
    form = OutboxForm()
    form.send()
    begun: list[int] = []
    done = threading.Event()

    def slow(message: SeatsFreed, attempt: Attempt) -> None:
        begun.append(message.screening_id)
        time.sleep(10)
        done.set()

    running = worker.Worker(
        form.source(), {("reservations", SeatsFreed): slow}, [], threads=2, lease_seconds=8.0
    )
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        assert done.wait(60)
    finally:
        running.stop()
        thread.join(30)
    assert begun == [1]
    assert lease(form.source()) == []


def test_a_stopping_worker_gives_back_what_it_has_not_begun(form: Form) -> None:
    ids = {form.send(number) for number in range(worker.BATCH)}
    begun, may_end = threading.Event(), threading.Event()

    def wait(message: SeatsFreed, attempt: Attempt) -> None:
        begun.set()
        may_end.wait(60)

    running = worker.Worker(form.source(), {("reservations", SeatsFreed): wait}, [], threads=1)
    thread = threading.Thread(target=running.run)
    thread.start()
    assert begun.wait(60)
    running.stop()
    may_end.set()
    thread.join(30)
    left = {delivery.message_id for delivery in lease(form.source())}
    assert len(left) == worker.BATCH - 1
    assert left < ids
