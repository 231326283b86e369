"""The outbox: nothing lost, nothing done twice, and failures end where a person can see them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.core import db, leases, outbox, worker
from app.core.dead_letters import dead_letters, put_back
from app.core.errors import Poison, Retry
from app.core.messages import ScreeningCancelled, SeatsFreed
from app.core.outbox import AlreadyDone, Delivery

pytestmark = pytest.mark.usefixtures("database")

Handle = Callable[[SeatsFreed, Delivery], None]


def publish(screening_id: int = 1) -> None:
    with db.transaction():
        outbox.publish(SeatsFreed(screening_id=screening_id))


def routes(handle: Handle) -> dict:
    return {("reservations", SeatsFreed): handle}


def let_time_pass() -> None:
    with db.transaction() as session:
        session.execute(
            text(
                "update core.outbox set available_at = available_at - interval '2 hours',"
                " leased_until = leased_until - interval '2 hours'"
            )
        )


def test_a_message_goes_with_its_transaction() -> None:
    with pytest.raises(RuntimeError), db.transaction():
        outbox.publish(SeatsFreed(screening_id=1))
        raise RuntimeError
    assert leases.lease(["reservations"], batch=5, seconds=5) == []


def test_each_consumer_gets_a_delivery_of_its_own() -> None:
    with db.transaction():
        outbox.publish(ScreeningCancelled(screening_id=7, reason="no light"))
    assert [d.consumer for d in leases.lease(["orders"], batch=5, seconds=5)] == ["orders"]
    assert [d.consumer for d in leases.lease(["reservations"], batch=5, seconds=5)] == ["reservations"]


def test_a_handled_message_does_not_come_again() -> None:
    seen: list[int] = []
    publish(9)
    assert worker.drain(routes(lambda m, d: seen.append(m.screening_id))) == 1
    assert worker.drain(routes(lambda m, d: seen.append(m.screening_id))) == 0
    assert seen == [9]


def test_a_leased_message_is_hidden_until_its_lease_ends() -> None:
    publish()
    assert len(leases.lease(["reservations"], batch=5, seconds=30)) == 1
    assert leases.lease(["reservations"], batch=5, seconds=30) == []
    let_time_pass()
    assert leases.lease(["reservations"], batch=5, seconds=30)[0].attempts == 2


def test_the_effect_of_a_delivery_that_outlived_its_lease_commits_once() -> None:
    """Two workers hold the same delivery: the second finds the first one's mark and rolls back."""
    publish()
    first = leases.lease(["reservations"], batch=5, seconds=30)[0]
    let_time_pass()
    second = leases.lease(["reservations"], batch=5, seconds=30)[0]
    with first.transaction():
        outbox.publish(SeatsFreed(screening_id=100))
    with pytest.raises(AlreadyDone), second.transaction():
        outbox.publish(SeatsFreed(screening_id=100))
    with db.reading():
        assert outbox.backlog() == {"SeatsFreed": 1}


def test_a_passing_failure_is_tried_again_later() -> None:
    tries: list[int] = []

    def stumble(_: SeatsFreed, delivery: Delivery) -> None:
        tries.append(delivery.attempts)
        if len(tries) == 1:
            raise Retry("the bank is away", delay=60)

    publish()
    worker.drain(routes(stumble))
    assert tries == [1]
    let_time_pass()
    worker.drain(routes(stumble))
    assert tries == [1, 2]


def test_poison_goes_to_the_dead_letters_at_once_and_comes_back_by_hand() -> None:
    def refuse(_: SeatsFreed, __: Delivery) -> None:
        raise Poison("no such screening")

    publish()
    worker.drain(routes(refuse))
    with db.reading():
        letter = dead_letters()[0]
    assert (letter.kind, letter.last_error) == ("SeatsFreed", "no such screening")
    assert worker.drain(routes(lambda m, d: None)) == 0
    with db.transaction():
        assert put_back(letter.message_id) == 1
    assert worker.drain(routes(lambda m, d: None)) == 1


def test_ten_failures_are_enough() -> None:
    def always(_: SeatsFreed, __: Delivery) -> None:
        raise ValueError("broken")

    publish()
    for _ in range(worker.MOST_ATTEMPTS):
        worker.drain(routes(always))
        let_time_pass()
    with db.reading():
        assert [letter.attempts for letter in dead_letters()] == [worker.MOST_ATTEMPTS]


def test_what_may_be_away_for_hours_is_tried_for_a_day() -> None:
    def away(_: SeatsFreed, __: Delivery) -> None:
        raise Retry("the mail server is down", for_a_day=True)

    publish()
    assert sum(worker.PAUSES_OF_A_DAY) > 24 * 3600
    for _ in worker.PAUSES_OF_A_DAY:
        assert worker.drain(routes(away)) == 1
        let_time_pass()
    with db.reading():
        assert dead_letters() == []
    worker.drain(routes(away))
    with db.transaction():
        assert put_back(dead_letters()[0].message_id) == 1
    worker.drain(routes(away))
    with db.reading():
        assert dead_letters() == [], "put back, it has another day"


@pytest.mark.parametrize("change", ["kind = 'OfAnotherVersion'", """payload = '{"film": 3}'"""])
def test_what_cannot_be_read_is_a_dead_letter_in_the_end_and_holds_up_nothing(change: str) -> None:
    publish(1)
    with db.transaction() as session:
        session.execute(
            text(f"update core.outbox set {change}, available_at = available_at - interval '1 minute'")
        )
    publish(2)
    seen: list[int] = []
    for attempt in range(leases.UNREADABLE_ATTEMPTS):
        with db.reading():
            assert dead_letters() == [], attempt
        worker.drain(routes(lambda m, d: seen.append(m.screening_id)))
        let_time_pass()
    assert seen == [2]
    with db.reading():
        (letter,) = dead_letters()
    assert "reads this payload" in letter.last_error


def test_workers_at_the_same_time_share_the_work_without_doubling_it() -> None:
    for number in range(60):
        publish(number)
    seen: list[int] = []
    threads = [
        threading.Thread(target=worker.drain, args=(routes(lambda m, d: seen.append(m.screening_id)),))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(60))


def test_an_urgent_message_wakes_a_running_worker() -> None:
    arrived = threading.Event()
    running = worker.Worker(routes(lambda m, d: arrived.set()), [], threads=1)
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


def test_a_worker_goes_on_with_what_it_tells_itself() -> None:
    """In the same thread, as soon as it has committed; and not at all if it has not."""
    seen: list[tuple[int, str]] = []
    finished = threading.Event()

    def handle(message: SeatsFreed, delivery: Delivery) -> None:
        seen.append((message.screening_id, threading.current_thread().name))
        with delivery.transaction():
            if message.screening_id < 3:
                outbox.publish(SeatsFreed(screening_id=message.screening_id + 1), urgent=True)
            if len(seen) == 1:
                raise Retry("not yet", delay=0)
        if message.screening_id == 3:
            finished.set()

    publish(1)
    running = worker.Worker(routes(handle), [], threads=3)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        assert finished.wait(30)
    finally:
        running.stop()
        thread.join(30)
    assert [screening_id for screening_id, _ in seen] == [1, 1, 2, 3]
    assert len({name for _, name in seen[1:]}) == 1
    with db.reading() as session:
        assert session.execute(text("select count(*) from core.outbox")).scalar_one() == 0
        assert session.execute(text("select count(*) from core.processed")).scalar_one() == 3


def test_a_worker_does_not_go_on_with_what_a_savepoint_took_back() -> None:
    with outbox.going_on(["reservations"], seconds=30) as waiting:
        with db.transaction() as session:
            with session.begin_nested() as attempt:
                outbox.publish(SeatsFreed(screening_id=3), urgent=True)
                attempt.rollback()
            with session.begin_nested():
                outbox.publish(SeatsFreed(screening_id=4), urgent=True)
        assert waiting == []
    handled: list[int] = []
    worker.drain(routes(lambda m, d: handled.append(m.screening_id)))
    assert handled == [4], "what stands is delivered as any other"


def test_a_worker_that_dies_before_it_goes_on_leaves_a_lease() -> None:
    with outbox.going_on(["reservations"], seconds=30) as waiting:
        with db.transaction():
            outbox.publish(SeatsFreed(screening_id=3), urgent=True)
        assert [one.message for one in waiting] == [SeatsFreed(screening_id=3)]
    handled: list[int] = []
    assert worker.drain(routes(lambda m, d: handled.append(m.screening_id))) == 0, "it is somebody's"
    let_time_pass()
    worker.drain(routes(lambda m, d: handled.append(m.screening_id)))
    assert handled == [3]


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


def test_a_failing_tick_is_logged_not_raised() -> None:
    def broken() -> None:
        raise ValueError

    assert worker.run_tick(worker.Tick("test.broken", 1, broken)) is False


def test_old_done_marks_are_forgotten_in_batches() -> None:
    with db.transaction() as session:
        session.execute(
            text(
                "insert into core.processed (consumer, message_id, done_at)"
                " select 'x', gen_random_uuid(), clock_timestamp() - make_interval(days => days)"
                " from unnest(array[15, 15, 15, 15, 15, 15, 15, 1, 1]) days"
            )
        )
        assert outbox.forget_processed(batch=3) == 7
        assert outbox.forget_processed(batch=3) == 0
        assert session.execute(text("select count(*) from core.processed")).scalar_one() == 2
