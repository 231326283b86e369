"""Races of doors without a network: late commits among the changes, one scan sent many times, two doors, a refund."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from app.core import db
from app.core.moves import Move, NotMoved
from app.tickets import admission_log, offline_scans, offline_tickets, service
from app.tickets.service import Door, DuplicateAttempt, OfflineScan, Ticket
from tests.actors import door_actor
from tests.races.concurrency import run_at_once, wait_until_blocked
from tests.races.refunds import refund
from tests.tickets.conftest import FULL, STUDENT, make_facts

THREADS = 12


@pytest.fixture
def tickets(database: str) -> list[Ticket]:
    db.connect(database, pool_size=THREADS + 10)
    with db.transaction():
        return service.issue(make_facts(), [FULL, STUDENT])


def scan_of(ticket: Ticket) -> OfflineScan:
    return OfflineScan(uuid.uuid4(), ticket.qr_text, datetime.now(UTC))


def record(scan: OfflineScan, gate: str = "1") -> str:
    """Record the scan as the door's address does; returns the verdict, with the reason of a conflict."""
    try:
        with db.transaction():
            result = service.record_offline(scan, Door(door_actor(), gate))
    except DuplicateAttempt:
        with db.reading():
            found = service.recorded_result(scan.nonce)
        assert found is not None
        result = found
    return f"{result.verdict} {result.reason}".strip()


def count(table: str, condition: str = "true") -> int:
    with db.reading() as session:
        return int(
            session.execute(text(f"select count(*) from tickets.{table} where {condition}")).scalar_one()
        )


# Changes


def changed_after_a_late_commit(late: Ticket, early: Ticket) -> list[uuid.UUID]:
    """A door asks while one transaction is open that began before another one, which is committed already.

    Returns the tickets among the changes that it gets when it asks again.
    """
    began, may_commit = threading.Event(), threading.Event()

    def admit_late() -> None:
        with db.transaction():
            assert service.admit(late.code, door_actor(), gate="1").admitted
            began.set()
            may_commit.wait(30)

    with ThreadPoolExecutor(1) as pool:
        admitted = pool.submit(admit_late)
        began.wait(30)
        with db.transaction():
            assert service.admit(early.code, door_actor(), gate="2").admitted
        with db.reading():
            cursor = service.door_state(1, datetime.now(UTC) - timedelta(days=1)).snapshot
            (before,) = [one for one in service.offline_tickets([41]) if one.id == late.id]
        assert before.state == "valid", "the door has not seen the late admission"
        may_commit.set()
        admitted.result()
    with db.reading():
        return [one.id for one in service.offline_tickets([41], since=cursor)]


def test_a_change_that_is_committed_late_is_not_missed(tickets: list[Ticket]) -> None:
    late, early = tickets
    assert changed_after_a_late_commit(late, early) == [late.id]


def test_control_with_a_plain_counter_a_late_change_is_missed(
    tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursor would be the newest number so far."""
    guard = offline_tickets._NOT_VISIBLE.format(table="t")
    counter = "t.changed_in >= pg_snapshot_xmax(cast(:since as pg_snapshot))"
    unguarded = offline_tickets.CHANGED_TICKETS.replace(guard, counter)
    assert unguarded != offline_tickets.CHANGED_TICKETS
    monkeypatch.setattr(offline_tickets, "CHANGED_TICKETS", unguarded)
    late, early = tickets
    assert changed_after_a_late_commit(late, early) == []


# One scan, sent many times


def record_many_times(ticket: Ticket) -> Counter[str]:
    scan = scan_of(ticket)
    works: list[Callable[[], str]] = [lambda: record(scan)] * THREADS
    return Counter(run_at_once(works))


def test_a_scan_sent_many_times_at_once_is_one_admission(tickets: list[Ticket]) -> None:
    assert record_many_times(tickets[0]) == {"admitted": THREADS}
    assert (count("admissions"), count("door_conflicts")) == (1, 0)


def test_control_without_the_nonce_each_copy_is_a_scan(
    tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_scans, "offline_token", lambda nonce: uuid.uuid4().hex)
    assert record_many_times(tickets[0]) == {"admitted": 1, "conflict twice": THREADS - 1}


# Two doors, one ticket


def record_at_many_doors(ticket: Ticket) -> Counter[str]:
    def work(number: int) -> Callable[[], str]:
        return lambda: record(scan_of(ticket), str(number))

    return Counter(str(one) for one in run_at_once([work(number) for number in range(THREADS)]))


def test_of_many_doors_one_admits_and_each_other_one_is_a_conflict(tickets: list[Ticket]) -> None:
    assert record_at_many_doors(tickets[0]) == {"admitted": 1, "conflict twice": THREADS - 1}
    assert count("door_conflicts") == THREADS - 1


def two_doors_overlap(ticket: Ticket) -> str:
    """A second door's scan arrives while the first one's transaction is open; returns the second verdict."""
    with ThreadPoolExecutor(1) as pool:
        with db.transaction():
            service.record_offline(scan_of(ticket), Door(door_actor(), "1"))
            second = pool.submit(record, scan_of(ticket), "2")
            wait_until_blocked()
        return second.result()


def test_the_second_of_two_doors_waits_and_is_a_conflict(tickets: list[Ticket]) -> None:
    assert two_doors_overlap(tickets[0]) == "conflict twice"


def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_scans, "LOCK", "")


def test_control_without_the_lock_the_second_scan_is_lost(
    tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_lock(monkeypatch)
    with pytest.raises(NotMoved):
        two_doors_overlap(tickets[0])


def test_control_without_lock_and_condition_a_ticket_is_admitted_twice(
    tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_lock(monkeypatch)
    unguarded = str(offline_scans._ADMIT.statement).replace("and state in ('valid', 'outside')", "")
    assert unguarded != str(offline_scans._ADMIT.statement)
    monkeypatch.setattr(offline_scans, "_ADMIT", Move(text(unguarded), "admit"))
    assert two_doors_overlap(tickets[0]) == "admitted"
    assert count("door_conflicts") == 0


# Online admission, undo, refund and a late scan


def refund_overlaps_a_scan(ticket: Ticket) -> str:
    """A refund is open when the scan arrives; returns the scan's verdict."""
    with ThreadPoolExecutor(1) as pool:
        with db.transaction():
            service.revoke(ticket.order_id)
            late = pool.submit(record, scan_of(ticket))
            wait_until_blocked()
        return late.result()


def test_a_scan_that_waits_for_a_refund_is_reported(tickets: list[Ticket]) -> None:
    assert refund_overlaps_a_scan(tickets[0]) == "conflict revoked"


def test_control_without_the_lock_a_scan_during_a_refund_is_lost(
    tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_lock(monkeypatch)
    with pytest.raises(NotMoved):
        refund_overlaps_a_scan(tickets[0])


def test_admission_undo_refund_and_late_scan_at_once(database: str) -> None:
    """An order is refunded with no ticket inside, or kept whole; the late scan is an admission or a conflict."""
    db.connect(database, pool_size=20)
    outcomes: Counter[str] = Counter()
    for number in range(15):
        with db.transaction():
            first, second = service.issue(make_facts(screening_id=3000 + number), [FULL, STUDENT])
            inside = service.admit(first.qr_text, door_actor(), gate="1")
        before = count("door_conflicts")
        answer, _, _, late = run_at_once(
            [
                partial(refund, first.order_id),
                partial(_undo, inside.id),
                partial(_admit, second.qr_text),
                partial(record, scan_of(first), "offline"),
            ]
        )
        with db.reading():
            states = {ticket.state for ticket in service.of_order(first.order_id)}
        assert answer in ("refunded", "kept"), answer
        assert states == {"revoked"} if answer == "refunded" else "revoked" not in states
        assert late.split()[0] in ("admitted", "conflict"), late
        assert count("door_conflicts") - before == late.startswith("conflict")
        outcomes[late] += 1
    assert count("admissions", "scanned_at is not null") == 15, outcomes


def _undo(admission_id: int) -> str:
    tried_by = door_actor()
    try:
        with db.transaction():
            tried = service.recent_admission(admission_id, tried_by, seconds=600)
            door = Door(tried_by, "1")
            return service.decide("undo", tried, door, supervisor_id=3, reason="mistake").verdict
    except service.Superseded:
        return "superseded"


def _admit(code: str) -> str:
    with db.transaction():
        return service.admit(code, door_actor(), gate="1").verdict


def test_an_online_try_and_the_same_scan_offline_at_once_are_one_scan(tickets: list[Ticket]) -> None:
    """The answer to the online try came too late for the page: it let the person in itself."""
    ticket, scan = tickets[0], scan_of(tickets[0])
    with ThreadPoolExecutor(1) as pool:
        with db.transaction():
            tried = service.admit(ticket.qr_text, door_actor(), gate="1", nonce=scan.nonce)
            assert tried.admitted
            late = pool.submit(record, scan)
            wait_until_blocked()
        assert late.result() == "admitted"
    assert (count("admissions"), count("door_conflicts")) == (1, 0)


def test_control_without_the_nonce_of_the_online_try_it_is_a_conflict(
    tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission_log, "online_token", lambda nonce: uuid.uuid4().hex)
    ticket, scan = tickets[0], scan_of(tickets[0])
    with db.transaction():
        service.admit(ticket.qr_text, door_actor(), gate="1", nonce=scan.nonce)
    assert record(scan) == "conflict twice"
