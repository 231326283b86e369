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
from app.core.moves import Move
from app.tickets import issuing, service, supervision, ticket_admission
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
    verdicts = run_together(20, lambda n: decision("admit", tried.id))
    assert verdicts == {"admitted_early": 1, "sent before": 19}


def decision(action: service.Action, admission_id: int) -> str:
    """The verdict after a supervisor's decision on a try, or why there is none."""
    try:
        tried = service.recent_admission(admission_id, door_actor(), seconds=600)
        door = service.Door(door_actor(), "1")
        return service.decide(action, tried, door, supervisor_id=3, reason="mistake").verdict
    except service.DuplicateAttempt:
        db.session().rollback()
        return "sent before"
    except service.Superseded:
        db.session().rollback()
        return "superseded"


def test_an_undo_in_many_forms_at_once_happens_once(tickets: list[service.Ticket]) -> None:
    with db.transaction():
        first = service.admit(tickets[0].qr_text, door_actor(), gate="1")
    assert run_together(20, lambda n: decision("undo", first.id)) == {"undone": 1, "sent before": 19}


def undo_after_a_newer_admission(ticket: service.Ticket) -> str:
    """Undo an admission while another transaction undoes it and admits the ticket once more: the state is the same."""
    with db.transaction():
        first = service.admit(ticket.qr_text, door_actor(), gate="1")
    locked = threading.Event()

    def undo() -> str:
        locked.wait(30)
        with db.transaction():
            return decision("undo", first.id)

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(undo)
        with db.transaction():
            assert decision("let_out", first.id) == "let_out"
            assert service.admit(ticket.qr_text, door_actor(), gate="2").verdict == "readmitted"
            locked.set()
            wait_until_blocked()
        return late.result()


def test_an_undo_does_not_take_back_a_newer_admission(tickets: list[service.Ticket]) -> None:
    assert undo_after_a_newer_admission(tickets[0]) == "superseded"


def test_control_without_the_check_a_newer_admission_is_taken_back(
    tickets: list[service.Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "_require_last_change", lambda tried, ticket: None)
    unguarded = str(ticket_admission.UNDO.statement).replace("and left_at is null", "")
    monkeypatch.setattr(ticket_admission, "UNDO", Move(text(unguarded), "undo"))
    assert undo_after_a_newer_admission(tickets[0]) == "undone"


def test_admission_undo_and_revocation_at_once(database: str) -> None:
    """An order is revoked with no ticket inside, or kept whole: no person is inside with a refunded ticket."""
    db.connect(database, pool_size=20)
    for number in range(25):
        with db.transaction():
            first, second = service.issue(make_facts(screening_id=2000 + number), [FULL, STUDENT])
            inside = service.admit(first.qr_text, door_actor(), gate="1")
        outcome = _three_at_once(inside.id, first, second)
        with db.reading():
            states = {ticket.state for ticket in service.of_order(first.order_id)}
        assert states == {"revoked"} if outcome == "revoked" else "revoked" not in states


def _three_at_once(inside: int, first: service.Ticket, second: service.Ticket) -> str:
    """Undo the first ticket's admission, scan it and the second one, and cancel the order; returns the cancellation."""
    gate = threading.Barrier(3)

    def cancel() -> str:
        gate.wait(30)
        try:
            with db.transaction():
                service.revoke(first.order_id)
        except service.AlreadyAdmitted:
            return "kept"
        return "revoked"

    def undo() -> str:
        gate.wait(30)
        with db.transaction():
            return decision("undo", inside)

    def scan() -> None:
        gate.wait(30)
        for ticket in (first, second):
            with db.transaction():
                service.admit(ticket.qr_text, door_actor(), gate="1")

    with ThreadPoolExecutor(3) as pool:
        cancelled, undone, scanned = pool.submit(cancel), pool.submit(undo), pool.submit(scan)
        assert undone.result() in ("undone", "superseded")
        scanned.result()
        return cancelled.result()


def test_control_without_the_condition_a_ticket_is_admitted_many_times(
    tickets: list[service.Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = ticket_admission.ADMIT.replace("and t.state in ('valid', 'outside')", "")
    assert unguarded != ticket_admission.ADMIT
    monkeypatch.setattr(ticket_admission, "ADMIT", unguarded)
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
