"""The outbox and its worker: each message is handled once, and failures become dead letters."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.core import db, handling, outbox, worker
from app.core.dead_letters import OutboxDeadLetters
from app.core.errors import Poison, Retry
from app.core.handling import Attempt
from app.core.messages import SeatsFreed
from app.core.outbox_source import OutboxSource

pytestmark = pytest.mark.usefixtures("database")

Handle = Callable[[SeatsFreed, Attempt], None]
DEAD_LETTERS = OutboxDeadLetters()


def publish(screening_id: int = 1) -> None:
    with db.transaction():
        outbox.publish(SeatsFreed(screening_id=screening_id))


def routes(handle: Handle) -> dict:
    return {("reservations", SeatsFreed): handle}


def make_all_due() -> None:
    with db.transaction() as session:
        session.execute(
            text(
                "update core.outbox set available_at = available_at - interval '2 hours',"
                " leased_until = leased_until - interval '2 hours'"
            )
        )


def test_a_message_rolls_back_with_its_transaction() -> None:
    with pytest.raises(RuntimeError), db.transaction():
        outbox.publish(SeatsFreed(screening_id=1))
        raise RuntimeError
    assert OutboxSource().lease(["reservations"], most=5, seconds=5) == []


def test_a_handled_message_does_not_come_again() -> None:
    seen: list[int] = []
    publish(9)
    assert worker.drain(routes(lambda m, a: seen.append(m.screening_id))) == 1
    assert worker.drain(routes(lambda m, a: seen.append(m.screening_id))) == 0
    assert seen == [9]


def test_an_attempt_that_outlived_its_lease_commits_nothing() -> None:
    """While the attempt runs, another worker leases the delivery and finishes first."""

    def slow(_: SeatsFreed, attempt: Attempt) -> None:
        make_all_due()
        worker.drain(routes(lambda m, a: None))
        with attempt.transaction():
            outbox.publish(SeatsFreed(screening_id=100))

    publish()
    assert worker.drain(routes(slow)) == 1
    with db.reading() as session:
        assert session.execute(text("select count(*) from core.outbox")).scalar_one() == 0


def test_a_failed_message_is_retried_later() -> None:
    tries: list[int] = []

    def fail_once(_: SeatsFreed, attempt: Attempt) -> None:
        tries.append(attempt.number)
        if len(tries) == 1:
            raise Retry("the bank is away", delay=60)

    publish()
    worker.drain(routes(fail_once))
    assert tries == [1]
    make_all_due()
    worker.drain(routes(fail_once))
    assert tries == [1, 2]


def test_poison_becomes_a_dead_letter_at_once_and_can_be_put_back() -> None:
    def refuse(_: SeatsFreed, __: Attempt) -> None:
        raise Poison("no such screening")

    publish()
    worker.drain(routes(refuse))
    letter = DEAD_LETTERS.list()[0]
    assert (letter.kind, letter.last_error) == ("SeatsFreed", "no such screening")
    assert worker.drain(routes(lambda m, a: None)) == 0
    assert DEAD_LETTERS.put_back(letter.message_id) == 1
    assert worker.drain(routes(lambda m, a: None)) == 1


def test_a_message_becomes_a_dead_letter_after_ten_attempts() -> None:
    def always(_: SeatsFreed, __: Attempt) -> None:
        raise ValueError("broken")

    publish()
    for _ in range(handling.MOST_ATTEMPTS):
        worker.drain(routes(always))
        make_all_due()
    assert [letter.attempts for letter in DEAD_LETTERS.list()] == [handling.MOST_ATTEMPTS]


def test_a_message_to_an_external_system_is_tried_for_a_day() -> None:
    def away(_: SeatsFreed, __: Attempt) -> None:
        raise Retry("the mail server is down", for_a_day=True)

    publish()
    assert sum(handling.PAUSES_OF_A_DAY) > 24 * 3600
    for _ in handling.PAUSES_OF_A_DAY:
        assert worker.drain(routes(away)) == 1
        make_all_due()
    assert DEAD_LETTERS.list() == []
    worker.drain(routes(away))
    assert DEAD_LETTERS.put_back() == 1
    worker.drain(routes(away))
    assert DEAD_LETTERS.list() == [], "a message that was put back is tried for another day"


@pytest.mark.parametrize("change", ["kind = 'OfAnotherVersion'", """payload = '{"film": 3}'"""])
def test_an_unreadable_message_becomes_a_dead_letter_and_delays_no_other(change: str) -> None:
    publish(1)
    with db.transaction() as session:
        session.execute(
            text(f"update core.outbox set {change}, available_at = available_at - interval '1 minute'")
        )
    publish(2)
    seen: list[int] = []
    for attempt in range(handling.UNREADABLE_ATTEMPTS):
        assert DEAD_LETTERS.list() == [], attempt
        worker.drain(routes(lambda m, a: seen.append(m.screening_id)))
        make_all_due()
    assert seen == [2]
    (letter,) = DEAD_LETTERS.list()
    assert "reads this payload" in letter.last_error


def test_workers_at_the_same_time_handle_each_message_once() -> None:
    for number in range(60):
        publish(number)
    seen: list[int] = []
    threads = [
        threading.Thread(target=worker.drain, args=(routes(lambda m, a: seen.append(m.screening_id)),))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(60))


def test_an_urgent_message_wakes_a_running_worker() -> None:
    arrived = threading.Event()
    running = worker.Worker(OutboxSource(), routes(lambda m, a: arrived.set()), [], threads=1)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        with db.transaction():
            outbox.publish(SeatsFreed(screening_id=3), urgent=True)
        assert arrived.wait(30)
    finally:
        running.stop()
        thread.join(30)
    assert not thread.is_alive()


def test_a_tick_runs_on_one_worker_at_a_time() -> None:
    inside, leave = threading.Event(), threading.Event()

    def slow() -> None:
        inside.set()
        leave.wait(60)

    tick = worker.Tick("test.slow", 1, slow)
    thread = threading.Thread(target=worker.run_tick, args=(tick,))
    thread.start()
    assert inside.wait(30)
    assert worker.run_tick(tick) is False
    leave.set()
    thread.join(30)
    assert worker.run_tick(worker.Tick("test.slow", 1, lambda: None)) is True


def test_a_failing_tick_is_logged_and_not_raised() -> None:
    def broken() -> None:
        raise ValueError

    assert worker.run_tick(worker.Tick("test.broken", 1, broken)) is False


def test_old_marks_of_processed_messages_are_deleted_in_batches() -> None:
    with db.transaction() as session:
        session.execute(
            text(
                "insert into core.processed (consumer, message_id, done_at)"
                " select 'x', gen_random_uuid(), clock_timestamp() - make_interval(days => days)"
                " from unnest(array[15, 15, 15, 15, 15, 15, 15, 1, 1]) days"
            )
        )
        assert outbox.delete_old_marks(batch=3) == 7
        assert outbox.delete_old_marks(batch=3) == 0
        assert session.execute(text("select count(*) from core.processed")).scalar_one() == 2
