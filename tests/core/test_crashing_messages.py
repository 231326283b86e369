"""A message that crashes every worker becomes a dead letter; the others of its batch are handled."""

from __future__ import annotations

import pytest

from app.core import outbox_source, worker
from app.core.dead_letters import OutboxDeadLetters
from app.core.handling import Attempt
from app.core.messages import SeatsFreed
from app.core.outbox_source import OutboxSource
from tests.core.test_outbox import make_all_due, publish, routes

pytestmark = pytest.mark.usefixtures("database")
CRASHING = 1


class Killed(BaseException):
    """Stands for a killed process: it ends the worker without a recorded outcome."""


def handle(message: SeatsFreed, attempt: Attempt) -> None:
    if message.screening_id == CRASHING:
        raise Killed


def workers_crash(times: int) -> None:
    for _ in range(times):
        with pytest.raises(Killed):
            worker.drain(routes(handle))
        make_all_due()


def dead() -> list[str]:
    return [letter.message_id for letter in OutboxDeadLetters().list()]


def test_a_crashing_message_becomes_a_dead_letter_and_the_others_are_handled() -> None:
    for screening_id in (CRASHING, 2, 3):
        publish(screening_id)
    workers_crash(outbox_source.MOST_EXPIRED)
    assert dead() == []
    assert worker.drain(routes(handle)) == 2
    assert len(dead()) == 1


def test_a_dead_letter_that_is_put_back_has_all_attempts_again() -> None:
    publish(CRASHING)
    workers_crash(outbox_source.MOST_EXPIRED)
    worker.drain(routes(handle))
    OutboxDeadLetters().put_back(dead()[0])
    workers_crash(outbox_source.MOST_EXPIRED)
    worker.drain(routes(handle))
    assert len(dead()) == 1


def test_crashes_are_counted_after_errors() -> None:
    source = OutboxSource()
    publish(CRASHING)
    for _ in range(5):
        (delivery,) = source.lease(["reservations"], most=1, seconds=30)
        source.retry(delivery, delay=0, error="the storage is down")
    workers_crash(outbox_source.MOST_EXPIRED)
    assert dead() == []
    worker.drain(routes(handle))
    assert len(dead()) == 1


def test_errors_are_not_counted_as_crashes() -> None:
    source = OutboxSource()
    publish()
    (delivery,) = source.lease(["reservations"], most=1, seconds=30)
    for _ in range(2 * outbox_source.MOST_EXPIRED):
        source.retry(delivery, delay=0, error="the mail server is down")
        (delivery,) = source.lease(["reservations"], most=1, seconds=30)
    assert dead() == []
