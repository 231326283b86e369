"""A message that crashes every worker becomes a dead letter; the others of its batch are handled."""

from __future__ import annotations

import pytest

from app.core import outbox_source, worker
from app.core.dead_letters import OutboxDeadLetters
from app.core.handling import Attempt
from app.core.messages import SeatsFreed
from app.core.outbox_source import OutboxSource
from tests.core.test_outbox import let_time_pass, publish, routes

pytestmark = pytest.mark.usefixtures("database")
DEADLY = 1


class Killed(BaseException):
    """As when the kernel kills a process: no outcome is recorded."""


def handle(message: SeatsFreed, attempt: Attempt) -> None:
    if message.screening_id == DEADLY:
        raise Killed


def workers_die(times: int) -> None:
    for _ in range(times):
        with pytest.raises(Killed):
            worker.drain(routes(handle))
        let_time_pass()


def given_up() -> list[str]:
    return [letter.message_id for letter in OutboxDeadLetters().list()]


def test_it_is_given_up_and_those_beside_it_are_not() -> None:
    for screening_id in (DEADLY, 2, 3):
        publish(screening_id)
    workers_die(outbox_source.MOST_EXPIRED)
    assert given_up() == []
    assert worker.drain(routes(handle)) == 2
    assert len(given_up()) == 1


def test_put_back_it_has_as_many_tries_again() -> None:
    publish(DEADLY)
    workers_die(outbox_source.MOST_EXPIRED)
    worker.drain(routes(handle))
    OutboxDeadLetters().put_back(given_up()[0])
    workers_die(outbox_source.MOST_EXPIRED)
    worker.drain(routes(handle))
    assert len(given_up()) == 1


def test_what_failed_with_a_word_before_it_became_deadly_is_given_up_too() -> None:
    source = OutboxSource()
    publish(DEADLY)
    for _ in range(5):
        (delivery,) = source.lease(["reservations"], most=1, seconds=30)
        source.retry(delivery, delay=0, error="the storage is down")
    workers_die(outbox_source.MOST_EXPIRED)
    assert given_up() == []
    worker.drain(routes(handle))
    assert len(given_up()) == 1


def test_what_failed_with_a_word_is_counted_by_its_handler() -> None:
    source = OutboxSource()
    publish()
    (delivery,) = source.lease(["reservations"], most=1, seconds=30)
    for _ in range(2 * outbox_source.MOST_EXPIRED):
        source.retry(delivery, delay=0, error="the mail server is down")
        (delivery,) = source.lease(["reservations"], most=1, seconds=30)
    assert given_up() == []
