"""Races of an undo at the door: a second undo; an admission, a refund and a late scan. The controls take guards out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from app.core import db
from app.core.moves import Move
from app.tickets import admission_log, issuing, service, supervision, ticket_admission
from app.tickets.service import Door, OfflineScan, Ticket
from tests.actors import door_actor
from tests.races.concurrency import count_blocked, wait_until, wait_until_blocked
from tests.races.refunds import refund
from tests.tickets.conftest import FULL, STUDENT, make_facts


@pytest.fixture
def tickets(database: str) -> list[Ticket]:
    with db.transaction():
        return service.issue(make_facts(), [FULL, STUDENT])


def admit(ticket: Ticket, gate: str) -> int:
    """Admit the ticket in the caller's transaction; returns the id of the admission."""
    admission = service.admit(ticket.qr_text, door_actor(), gate=gate)
    assert admission.admitted, admission.verdict
    return admission.id


def undo(admission_id: int) -> str:
    """Undo the admission in a transaction of its own; returns the verdict, or why there is none."""
    try:
        with db.transaction():
            tried = service.recent_admission(admission_id, door_actor(), seconds=600)
            door = Door(door_actor(), "1")
            return service.decide("undo", tried, door, supervisor_id=3, reason="mistake").verdict
    except service.DuplicateAttempt:
        return "sent before"
    except service.Superseded:
        return "superseded"


def record_late(ticket: Ticket) -> str:
    """Record a scan of a door without a network; returns the verdict, with the reason of a conflict."""
    with db.transaction():
        scan = OfflineScan(uuid.uuid4(), ticket.qr_text, datetime.now(UTC))
        result = service.record_offline(scan, Door(door_actor(), "3"))
    return f"{result.verdict} {result.reason}".strip()


# Two undos of one admission


def undo_twice(ticket: Ticket) -> list[str]:
    """The first supervisor's transaction is open when a second one decides; returns both verdicts."""
    with db.transaction():
        admission = admit(ticket, "1")
    with ThreadPoolExecutor(1) as pool:
        with db.transaction():
            tried = service.recent_admission(admission, door_actor(), seconds=600)
            door = Door(door_actor(), "1")
            first = service.decide("undo", tried, door, supervisor_id=2, reason="mistake")
            second = pool.submit(undo, admission)
            wait_until_blocked()
        return [first.verdict, second.result()]


def without_the_decisions_token(monkeypatch: pytest.MonkeyPatch) -> None:
    record: Callable[..., Any] = admission_log.record
    monkeypatch.setattr(
        admission_log, "record", lambda result, door, _, *decision: record(result, door, None, *decision)
    )
    monkeypatch.setattr(supervision, "_row_with", lambda once: None)


def test_of_two_undos_one_happens(tickets: list[Ticket]) -> None:
    assert undo_twice(tickets[0]) == ["undone", "sent before"]


def test_of_two_undos_one_happens_by_the_tickets_state_too(
    tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_decisions_token(monkeypatch)
    assert undo_twice(tickets[0]) == ["undone", "superseded"]


def test_control_without_token_lock_and_condition_both_undos_happen(
    tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_decisions_token(monkeypatch)
    monkeypatch.setattr(supervision, "_require_last_change", lambda tried, ticket: None)
    guarded = str(ticket_admission.UNDO.statement)
    unguarded = guarded.replace("and state = 'admitted'", "")
    assert unguarded != guarded, guarded
    monkeypatch.setattr(ticket_admission, "UNDO", Move(text(unguarded), "undo"))
    assert undo_twice(tickets[0]) == ["undone", "undone"]


# An undo, a refund and a late scan while an admission is open


def four_at_once(first: Ticket, second: Ticket) -> tuple[str, str, list[str]]:
    """The second ticket's admission is open. Meanwhile the first one's is undone, the order is refunded, and the first
    ticket is scanned by a door without a network.

    Returns the answers to the refund and the late scan, and the states of the tickets after all.
    """
    with db.transaction():
        inside = admit(first, "1")
    with ThreadPoolExecutor(3) as pool:
        with db.transaction():
            admit(second, "2")
            undone = pool.submit(undo, inside)
            assert undone.result() == "undone"
            refunded = pool.submit(refund, first.order_id)
            wait_until_blocked()
            late = pool.submit(record_late, first)
            wait_until_ended_or_blocked(late)
        answers = refunded.result(), late.result()
    with db.reading():
        states = {ticket.id: ticket.state for ticket in service.of_order(first.order_id)}
    return *answers, [states[first.id], states[second.id]]


def wait_until_ended_or_blocked(late: Future[str]) -> None:
    """The refund locks the tickets by id: it waits before or after it has locked the first one."""
    wait_until(lambda: late.done() or count_blocked() == 2)


def test_an_order_is_kept_by_an_admission_beside_an_undo_and_a_late_scan(tickets: list[Ticket]) -> None:
    first, second = tickets
    assert four_at_once(first, second) == ("kept", "admitted", ["admitted", "admitted"])


def test_control_without_the_lock_an_order_is_refunded_with_a_person_inside(
    tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked = str(issuing._REVOKE).replace("order by id for update", "")
    assert unlocked != str(issuing._REVOKE)
    monkeypatch.setattr(issuing, "_REVOKE", text(unlocked))
    first, second = tickets
    refunded, late, states = four_at_once(first, second)
    assert (refunded, states[1]) == ("refunded", "admitted"), (late, states)
