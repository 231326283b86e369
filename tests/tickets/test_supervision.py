"""What a supervisor decides at the door: admit against a refusal, undo, let out and in again; each is logged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from app.core.errors import Invalid, NotFound
from app.tickets import service
from app.tickets.service import Action, Admission, Door, Ticket
from tests.actors import door_actor
from tests.tickets.conftest import FULL, STUDENT, Issue, admit, of_order
from tests.tickets.test_admission_tries import time_passes

SUPERVISOR = 3


def decide(
    action: Action, admission_id: int, *, by: int = 7, reason: str = "mistake", **more: Any
) -> Admission:
    actor = door_actor(by)
    door = Door(actor, "2", more.pop("screening_id", None))
    with db.transaction():
        tried = service.recent_admission(admission_id, actor, seconds=600)
        return service.decide(action, tried, door, supervisor_id=SUPERVISOR, reason=reason, **more)


def log() -> list[tuple[object, ...]]:
    """Each row of the log: verdict, account, supervisor, reason, note."""
    with db.reading() as session:
        rows = session.execute(
            text(
                "select verdict, by_user_id, supervisor_id, reason, note from tickets.admissions order by id"
            )
        ).all()
    return [tuple(row) for row in rows]


def state_of(ticket: Ticket) -> str:
    return next(one.state for one in of_order(ticket.order_id) if one.id == ticket.id)


@pytest.fixture
def early(issue: Issue, settings: Settings) -> Ticket:
    """A ticket of a screening in an hour, whose auditorium opens twenty minutes before it."""
    config.use(settings.changed(cinema={"doors_open_minutes": 20}))
    return issue([FULL], starts_at=datetime.now(UTC) + timedelta(minutes=60))[0]


@pytest.mark.parametrize("door", [{}, {"screening_id": 41}])
def test_a_ticket_scanned_before_the_opening_stays_valid(
    early: Ticket, settings: Settings, door: dict[str, Any]
) -> None:
    for text_ in (early.qr_text, early.code):
        answer = admit(text_, **door)
        assert (answer.verdict, answer.admitted) == ("too_early", False)
    assert state_of(early) == "valid"
    config.use(settings.changed(cinema={"doors_open_minutes": 61}))
    assert admit(early.qr_text, **door).verdict == "admitted"


def test_an_early_admission_happens_once_and_is_logged(early: Ticket) -> None:
    tried = admit(early.qr_text)
    answer = decide("admit", tried.id)
    assert (answer.verdict, answer.admitted, answer.gate, answer.by_user_id) == (
        *("admitted_early", True),
        *("2", 7),
    )
    with pytest.raises(service.DuplicateAttempt) as again:
        decide("admit", tried.id)
    assert again.value.admission_id == answer.id
    assert log() == [
        ("too_early", 7, None, None, None),
        ("admitted_early", 7, SUPERVISOR, "mistake", None),
    ]


def test_after_the_opening_an_admission_is_not_early(early: Ticket, settings: Settings) -> None:
    tried = admit(early.qr_text)
    config.use(settings.changed(cinema={"doors_open_minutes": 61}))
    assert decide("admit", tried.id).verdict == "admitted"


def test_a_decision_needs_a_recent_try_of_the_account(early: Ticket) -> None:
    tried = admit(early.qr_text, screening_id=41)
    for number, by in ((tried.id, 8), (0, 7), (tried.id + 900, 7)):
        with pytest.raises(NotFound):
            decide("admit", number, by=by)
    time_passes(601)
    with pytest.raises(NotFound):
        decide("admit", tried.id)
    assert state_of(early) == "valid"


@pytest.mark.parametrize(
    ("make", "verdict"),
    [
        ({"screening_id": 42}, "other_screening"),
        ({"cinema_id": 2}, "other_cinema"),
    ],
)
def test_a_refused_ticket_is_admitted_with_a_reason(issue: Issue, make: dict[str, Any], verdict: str) -> None:
    ticket = issue()[0]
    tried = admit(ticket.qr_text, **make)
    assert tried.verdict == verdict
    answer = decide("admit", tried.id, reason="moved", note=" sala  cheia ")
    assert (answer.verdict, answer.reason, answer.note) == ("admitted_override", "moved", "sala cheia")
    assert state_of(ticket) == "admitted"
    assert log()[-1] == ("admitted_override", 7, SUPERVISOR, "moved", "sala cheia")


def test_a_replaced_qr_is_admitted_once(issue: Issue) -> None:
    ticket = issue()[0]
    with db.transaction() as session:
        session.execute(text("update tickets.tickets set revision = 2 where id = :id"), {"id": ticket.id})
    tried = admit(ticket.qr_text)
    assert decide("admit", tried.id, reason="paper").verdict == "admitted_override"
    assert admit(ticket.code).verdict == "already"


def test_no_decision_admits_a_revoked_or_a_forged_ticket(issue: Issue) -> None:
    ticket = issue()[0]
    with db.transaction():
        service.revoke(ticket.order_id)
    for scanned in (ticket.qr_text, "K7QF2M9XRT", ticket.qr_text[:-4]):
        with pytest.raises(NotFound):
            decide("admit", admit(scanned).id)
    assert state_of(ticket) == "revoked"


def test_a_ticket_revoked_meanwhile_stays_revoked(issue: Issue) -> None:
    ticket = issue()[0]
    tried = admit(ticket.qr_text, screening_id=42)
    with db.transaction():
        service.revoke(ticket.order_id)
    assert decide("admit", tried.id).verdict == "revoked"


def test_a_second_person_is_admitted_with_a_used_ticket(issue: Issue) -> None:
    ticket = issue()[0]
    admit(ticket.qr_text)
    tried = admit(ticket.qr_text, "2")
    answer = decide("admit", tried.id)
    assert (answer.verdict, answer.admitted) == ("admitted_again", True)
    assert admit(ticket.qr_text).gate == "2", "the last admission"


def test_the_last_admission_is_undone_once(issue: Issue) -> None:
    ticket = issue()[0]
    first = admit(ticket.qr_text)
    answer = decide("undo", first.id)
    assert (answer.verdict, answer.admitted, state_of(ticket)) == ("undone", False, "valid")
    with pytest.raises(service.DuplicateAttempt):
        decide("undo", first.id)
    assert admit(ticket.qr_text).verdict == "admitted"
    with db.transaction() as session:
        session.execute(text("update tickets.admissions set once = null"))
    with pytest.raises(service.Superseded):
        decide("undo", first.id)
    assert state_of(ticket) == "admitted"


def test_an_undone_order_can_be_cancelled(issue: Issue) -> None:
    ticket = issue()[0]
    first = admit(ticket.qr_text)
    with pytest.raises(service.AlreadyAdmitted), db.transaction():
        service.revoke(ticket.order_id)
    decide("undo", first.id)
    with db.transaction():
        assert service.revoke(ticket.order_id) == 2
    with pytest.raises(service.DuplicateAttempt):
        decide("undo", first.id)


def test_a_person_goes_out_and_comes_back(issue: Issue) -> None:
    ticket = issue()[0]
    admit(ticket.qr_text)
    assert decide("let_out", admit(ticket.qr_text).id, reason="came_back").verdict == "let_out"
    assert state_of(ticket) == "outside"
    with db.reading():
        counted = service.attendance(41)
    assert (counted.inside, counted.missing, counted.outside, counted.sold) == (0, 1, 1, 2)
    with pytest.raises(service.AlreadyAdmitted), db.transaction():
        service.revoke(ticket.order_id)
    assert admit(ticket.qr_text, screening_id=42).verdict == "other_screening"
    back = admit(ticket.qr_text)
    assert (back.verdict, back.admitted, state_of(ticket)) == ("readmitted", True, "admitted")
    assert admit(ticket.qr_text).verdict == "already"
    with pytest.raises(NotFound):  # who was inside stays a guest that was inside
        decide("undo", back.id)
    assert decide("let_out", back.id).verdict == "let_out"


@pytest.mark.parametrize(
    ("reason", "note", "code"),
    [
        ("", "", "reason.missing"),
        ("bribe", "", "reason.missing"),
        ("other", " \u200b ", "reason.note_missing"),
        ("mistake", "x" * 121, "reason.note_too_long"),
    ],
)
def test_a_decision_needs_a_reason(issue: Issue, reason: str, note: str, code: str) -> None:
    first = admit(issue()[0].qr_text)
    with pytest.raises(Invalid) as error:
        decide("undo", first.id, reason=reason, note=note)
    assert error.value.code == code


def test_a_verdict_counts_the_people_of_the_order(issue: Issue) -> None:
    full, student = issue([FULL, STUDENT])
    first = admit(full.qr_text)
    assert (first.order_size, first.left_in_order, first.is_first_of_order) == (2, 1, True)
    assert [one.name for one in first.concessions] == ["Combo Sessão dupla"]
    second = admit(student.qr_text)
    assert (second.order_size, second.left_in_order, second.is_first_of_order) == (2, 0, False)
    assert second.concessions == (), "the order's snacks are named once"
    with db.reading():
        again = service.recent_admission(second.id, door_actor(), seconds=60)
    assert (again.left_in_order, again.is_first_of_order) == (0, False)
