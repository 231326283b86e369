"""Race: many devices scan one ticket at the same time, and one admits it."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from app.tickets import admission, issuing, service
from tests.actors import door_actor
from tests.races.concurrency import wait_until_blocked
from tests.tickets.conftest import FULL, STUDENT, make_facts

THREADS = 50


@pytest.fixture
def tickets(database: str) -> list[service.Ticket]:
    db.connect(database, pool_size=THREADS + 10)
    with db.transaction():
        return service.issue(make_facts(order_id=uuid.uuid4()), [FULL, STUDENT])


def run_together(count: int, action: Callable[[int], str]) -> Counter[str]:
    """Run `action` in `count` threads that start together; returns the results."""
    gate = threading.Barrier(count)

    def run(number: int) -> str:
        with db.transaction() as session:
            session.connection()
            gate.wait(30)
            return action(number)

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(run, range(count)))


def test_fifty_devices_admit_a_ticket_once(tickets: list[service.Ticket]) -> None:
    qr_text = tickets[0].qr_text
    verdicts = run_together(THREADS, lambda n: service.admit(qr_text, door_actor(n), gate=str(n)).verdict)
    assert verdicts == {"admitted": 1, "already": THREADS - 1}


def test_parallel_early_admissions_admit_once(tickets: list[service.Ticket], settings: Settings) -> None:
    config.use(settings.changed(cinema={"doors_open_minutes": 1}))
    qr_text = tickets[0].qr_text
    with db.transaction():
        tried = service.admit(qr_text, door_actor(), gate="1")
    assert tried.verdict == "too_early"
    verdicts = run_together(
        20, lambda n: service.admit_early(tried.id, door_actor(), gate=str(n), seconds=600).verdict
    )
    assert verdicts == {"admitted_early": 1, "already": 19}


def test_control_without_the_condition_a_ticket_is_admitted_many_times(
    tickets: list[service.Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = admission.ADMIT.replace("and t.state = 'valid'", "")
    assert unguarded != admission.ADMIT
    monkeypatch.setattr(admission, "ADMIT", unguarded)
    qr_text = tickets[0].qr_text
    verdicts = run_together(THREADS, lambda n: service.admit(qr_text, door_actor(n), gate=str(n)).verdict)
    assert verdicts["admitted"] > 1


def test_a_form_sent_many_times_at_once_is_one_try(tickets: list[service.Ticket]) -> None:
    """All requests get the same answer, `admitted`; none gets `already`."""
    qr_text, answers = tickets[0].qr_text, set()

    def send(number: int) -> str:
        try:
            answer = service.admit(qr_text, door_actor(), gate="1", once="a form")
        except service.DuplicateAttempt as error:
            answers.add(error.admission_id)
            db.session().rollback()
            return "before"
        answers.add(answer.id)
        return answer.verdict

    assert run_together(20, send) == {"admitted": 1, "before": 19}
    assert len(answers) == 1


def test_cancellation_against_admission(database: str) -> None:
    """Either the whole order is revoked, or a ticket is admitted and none is revoked."""
    db.connect(database, pool_size=20)
    outcomes: Counter[str] = Counter()
    for number in range(40):
        with db.transaction():
            first, second = service.issue(make_facts(screening_id=1000 + number), [FULL, STUDENT])
        outcomes[_race_once(first, second)] += 1
    assert set(outcomes) <= {"revoked", "kept"}


def cancel_during_admission(first: service.Ticket) -> str:
    """The transaction of the admission is open when the cancellation begins, and commits while that one waits."""
    scanned = threading.Event()

    def cancel() -> str:
        scanned.wait(30)
        try:
            with db.transaction():
                service.revoke(first.order_id)
        except service.AlreadyAdmitted:
            return "kept"
        return "revoked"

    with ThreadPoolExecutor(1) as pool:
        cancelled = pool.submit(cancel)
        with db.transaction():
            assert service.admit(first.qr_text, door_actor(), gate="1").admitted
            scanned.set()
            wait_until_blocked()
        return cancelled.result()


def test_a_cancellation_that_waited_for_an_admission_is_refused(tickets: list[service.Ticket]) -> None:
    assert cancel_during_admission(tickets[0]) == "kept"


def test_control_without_the_lock_an_admitted_order_is_revoked(
    tickets: list[service.Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked = str(issuing._REVOKE).replace("order by id for update", "")
    assert unlocked != str(issuing._REVOKE)
    monkeypatch.setattr(issuing, "_REVOKE", text(unlocked))
    assert cancel_during_admission(tickets[0]) == "revoked"


def _race_once(first: service.Ticket, second: service.Ticket) -> str:
    gate = threading.Barrier(3)

    def cancel() -> str:
        gate.wait(30)
        try:
            with db.transaction():
                service.revoke(first.order_id)
        except service.AlreadyAdmitted:
            return "kept"
        return "revoked"

    def scan(ticket: service.Ticket) -> str:
        gate.wait(30)
        with db.transaction():
            return service.admit(ticket.qr_text, door_actor(), gate="1").verdict

    with ThreadPoolExecutor(3) as pool:
        cancelled = pool.submit(cancel)
        scans = [pool.submit(scan, ticket) for ticket in (first, second)]
        verdicts = [scanned.result() for scanned in scans]
        outcome = cancelled.result()
    with db.reading():
        states = [ticket.state for ticket in service.of_order(first.order_id)]
    if outcome == "revoked":
        assert states == ["revoked", "revoked"]
        assert verdicts == ["revoked", "revoked"]
    else:
        assert "admitted" in verdicts
        assert "revoked" not in states
    return outcome
