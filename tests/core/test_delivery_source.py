"""The contract of `core.deliveries.DeliverySource`: every implementation passes these tests.

delivery_forms.py has the implementations.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.core import db
from app.core.deliveries import AlreadyDone, Delivery, DeliverySource, LeaseLost
from app.core.messages import SeatsFreed
from tests.core.delivery_forms import Form, finish, lease, lease_one

pytestmark = pytest.mark.usefixtures("database")
MANY_CRASHES = 40


def test_a_delivery_carries_the_message_as_it_was_written(form: Form, source: DeliverySource) -> None:
    message_id = form.send(41)
    delivery = lease_one(source)
    assert (delivery.message_id, delivery.consumer) == (message_id, "reservations")
    assert (delivery.kind, delivery.attempts) == ("SeatsFreed", 1)
    assert SeatsFreed.of(delivery.payload) == SeatsFreed(screening_id=41)


def test_each_consumer_has_its_own_delivery(form: Form, source: DeliverySource) -> None:
    form.send_to_two()
    for consumer in ("orders", "reservations"):
        (delivery,) = source.lease([consumer], most=10, seconds=30)
        assert delivery.consumer == consumer
        finish(source, delivery)


def test_no_more_are_leased_than_asked_for(form: Form, source: DeliverySource) -> None:
    for number in range(3):
        form.send(number)
    assert [len(lease(source, most=2)) for _ in range(3)] == [2, 1, 0]


def test_a_leased_delivery_is_hidden_from_other_workers(
    form: Form, source: DeliverySource, other: DeliverySource
) -> None:
    form.send()
    lease_one(source)
    form.pass_time(20)
    assert lease(other) == []


def test_the_delivery_of_a_crashed_worker_is_leased_again(
    form: Form, source: DeliverySource, other: DeliverySource
) -> None:
    message_id = form.send()
    lease_one(source)
    form.pass_time(40)
    again = lease_one(other)
    assert (again.message_id, again.attempts) == (message_id, 2)


def test_a_done_delivery_is_not_leased_again(form: Form, source: DeliverySource) -> None:
    form.send()
    finish(source, lease_one(source))
    form.pass_time(3600)
    assert lease(source) == []


def test_an_effect_that_rolls_back_is_not_done(form: Form, source: DeliverySource) -> None:
    form.send()
    with pytest.raises(RuntimeError), db.transaction():
        source.mark_done(lease_one(source))
        raise RuntimeError
    form.pass_time(40)
    finish(source, lease_one(source))


def test_of_two_workers_with_the_same_delivery_one_commits(
    form: Form, source: DeliverySource, other: DeliverySource
) -> None:
    form.send()
    first = lease_one(source)
    form.pass_time(40)
    second = lease_one(other)
    with db.transaction():
        source.mark_done(first)
    with pytest.raises(AlreadyDone), db.transaction() as session:
        session.execute(text("create table core.effect ()"))
        other.mark_done(second)
    with db.reading() as session:
        assert session.execute(text("select to_regclass('core.effect')")).scalar() is None
    for worker, delivery in ((source, first), (other, second)):
        worker.acknowledge(delivery)
    form.pass_time(3600)
    assert lease(source) == []


def test_a_crash_between_commit_and_acknowledgement_repeats_no_effect(
    form: Form, source: DeliverySource, other: DeliverySource
) -> None:
    form.send()
    with db.transaction():
        source.mark_done(lease_one(source))
    form.pass_time(40)
    for again in lease(other):  # a queue outside of the database delivers it again
        with pytest.raises(AlreadyDone), db.transaction():
            other.mark_done(again)
        other.acknowledge(again)
    form.pass_time(3600)
    assert lease(other) == []


def test_an_extended_lease_lasts_longer(form: Form, source: DeliverySource, other: DeliverySource) -> None:
    form.send()
    mine = lease_one(source)
    form.pass_time(20)
    source.extend(mine, seconds=30)
    form.pass_time(20)
    assert lease(other) == [], "ten of thirty seconds are left"
    form.pass_time(20)
    lease_one(other)


def test_a_lost_lease_is_not_extended(form: Form, source: DeliverySource, other: DeliverySource) -> None:
    form.send()
    first = lease_one(source)
    form.pass_time(40)
    second = lease_one(other)
    with pytest.raises(LeaseLost):
        source.extend(first, seconds=30)
    other.extend(second, seconds=30)
    finish(other, second)
    with pytest.raises(LeaseLost):
        source.extend(first, seconds=30)


Outcome = Callable[[DeliverySource, Delivery], None]
OUTCOMES: dict[str, Outcome] = {
    "retry": lambda source, delivery: source.retry(delivery, delay=0, error="too late"),
    "release": lambda source, delivery: source.release(delivery),
    "discard": lambda source, delivery: source.discard(delivery),
    "dead letter": lambda source, delivery: source.dead_letter(delivery, error="too late"),
}


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_a_worker_that_lost_its_lease_does_not_end_the_next_one(
    form: Form, source: DeliverySource, other: DeliverySource, outcome: Outcome
) -> None:
    form.send()
    first = lease_one(source)
    form.pass_time(40)
    second = lease_one(other)
    outcome(source, first)
    assert lease(source) == []
    assert form.dead_letters.list() == []
    other.extend(second, seconds=30)
    finish(other, second)


def test_a_retry_comes_after_its_delay(form: Form, source: DeliverySource, other: DeliverySource) -> None:
    message_id = form.send()
    source.retry(lease_one(source), delay=60, error="the bank is unreachable")
    form.pass_time(50)
    assert lease(other) == []
    form.pass_time(20)
    again = lease_one(other)
    assert (again.message_id, again.attempts) == (message_id, 2)
    other.retry(again, delay=0, error="the bank is unreachable")
    assert lease_one(source).attempts == 3


def test_a_released_delivery_is_leased_by_another_worker(
    form: Form, source: DeliverySource, other: DeliverySource
) -> None:
    message_id = form.send()
    source.release(lease_one(source))
    assert lease_one(other).message_id == message_id


def test_a_discarded_delivery_leaves_no_trace(form: Form, source: DeliverySource) -> None:
    form.send()
    source.discard(lease_one(source))
    form.pass_time(3600)
    assert lease(source) == []
    assert form.dead_letters.list() == []


def test_a_dead_letter_is_listed_and_not_leased(form: Form, source: DeliverySource) -> None:
    message_id = form.send(41)
    source.dead_letter(lease_one(source), error="no such screening")
    form.pass_time(3600)
    assert lease(source) == []
    (letter,) = form.dead_letters.list()
    assert (letter.message_id, letter.consumer, letter.kind) == (message_id, "reservations", "SeatsFreed")
    assert (letter.last_error, letter.attempts) == ("no such screening", 1)
    assert SeatsFreed.of(letter.payload) == SeatsFreed(screening_id=41)


def test_a_dead_letter_is_put_back_with_all_its_attempts(form: Form, source: DeliverySource) -> None:
    ids = [form.send(number) for number in range(3)]
    for delivery in lease(source):
        source.dead_letter(delivery, error="no such screening")
    assert [letter.message_id for letter in form.dead_letters.list(ids[1])] == [ids[1]]
    assert form.dead_letters.put_back(ids[1]) == 1
    assert form.dead_letters.put_back(ids[1]) == 0
    again = lease_one(source)
    assert (again.message_id, again.attempts) == (ids[1], 1)
    assert form.dead_letters.put_back() == 2
    assert {delivery.message_id for delivery in lease(source)} == {ids[0], ids[2]}
    assert form.dead_letters.list() == []


def test_a_message_that_crashes_every_worker_becomes_a_dead_letter(
    form: Form, source: DeliverySource
) -> None:
    message_id = form.send()
    for _ in range(MANY_CRASHES):
        lease(source)
        form.pass_time(40)
    assert [letter.message_id for letter in form.dead_letters.list()] == [message_id]


def test_workers_at_the_same_time_share_no_delivery(form: Form) -> None:
    sent = {form.send(number) for number in range(60)}
    leased: list[str] = []

    def work() -> None:
        mine = form.source()
        while batch := lease(mine, most=4):
            leased.extend(delivery.message_id for delivery in batch)
            for delivery in batch:
                finish(mine, delivery)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(leased) == 60
    assert set(leased) == sent
