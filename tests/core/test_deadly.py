"""A message that ends the process of whoever handles it: a dead letter in the end, and what lay beside it is done."""

from __future__ import annotations

import pytest

from app.core import db, leases, worker
from app.core.dead_letters import dead_letters, put_back
from app.core.messages import SeatsFreed
from app.core.outbox import Delivery
from tests.core.test_outbox import let_time_pass, publish, routes

pytestmark = pytest.mark.usefixtures("database")
DEADLY = 1


class Killed(BaseException):
    """As the kernel ends a process: nothing of it is written down."""


def handle(message: SeatsFreed, delivery: Delivery) -> None:
    if message.screening_id == DEADLY:
        raise Killed


def workers_die(times: int) -> None:
    for _ in range(times):
        with pytest.raises(Killed):
            worker.drain(routes(handle))
        let_time_pass()


def given_up() -> list[str]:
    with db.reading():
        return [letter.message_id for letter in dead_letters()]


def test_it_is_given_up_and_those_beside_it_are_not() -> None:
    for screening_id in (DEADLY, 2, 3):
        publish(screening_id)
    workers_die(leases.MOST_LAPSES)
    assert given_up() == []
    assert worker.drain(routes(handle)) == 2
    assert len(given_up()) == 1


def test_put_back_it_has_as_many_tries_again() -> None:
    publish(DEADLY)
    workers_die(leases.MOST_LAPSES)
    worker.drain(routes(handle))
    with db.transaction():
        put_back(given_up()[0])
    workers_die(leases.MOST_LAPSES)
    worker.drain(routes(handle))
    assert len(given_up()) == 1


def test_what_failed_with_a_word_before_it_became_deadly_is_given_up_too() -> None:
    publish(DEADLY)
    for _ in range(5):
        (delivery,) = leases.lease(["reservations"], batch=1, seconds=30)
        leases.put_off(delivery, delay=0, error="the storage is down")
    workers_die(leases.MOST_LAPSES)
    assert given_up() == []
    worker.drain(routes(handle))
    assert len(given_up()) == 1


def test_what_failed_with_a_word_is_counted_by_its_handler() -> None:
    publish()
    (delivery,) = leases.lease(["reservations"], batch=1, seconds=30)
    for _ in range(2 * leases.MOST_LAPSES):
        leases.put_off(delivery, delay=0, error="the mail server is down")
        (delivery,) = leases.lease(["reservations"], batch=1, seconds=30)
    assert given_up() == []
