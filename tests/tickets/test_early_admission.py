"""Tickets scanned before the auditorium opens stay valid, and a supervisor can admit each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from app.core.errors import NotFound
from app.tickets import service
from app.tickets.service import Ticket
from tests.actors import door_actor
from tests.tickets.conftest import FULL, STUDENT, Issue, admit
from tests.tickets.test_admission import time_passes


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
    with db.reading():
        assert [ticket.state for ticket in service.of_order(early.order_id)] == ["valid"]
    config.use(settings.changed(cinema={"doors_open_minutes": 61}))
    assert admit(early.qr_text, **door).verdict == "admitted"


def test_early_admission_needs_a_recent_try_of_the_account(early: Ticket, issue: Issue) -> None:
    tried = admit(early.qr_text, screening_id=41)
    other = admit(issue([STUDENT], screening_id=42)[0].qr_text, screening_id=41)
    assert other.verdict == "other_screening"
    for number, by in ((tried.id, 8), (other.id, 7), (0, 7), (tried.id + 900, 7)):
        with pytest.raises(NotFound), db.transaction():
            service.admit_early(number, door_actor(by), gate="1", screening_id=41, seconds=60)
    time_passes(61)
    with pytest.raises(NotFound), db.transaction():
        service.admit_early(tried.id, door_actor(), gate="1", screening_id=41, seconds=60)
    assert admit(early.qr_text, screening_id=41).verdict == "too_early", "nobody went in"


def test_early_admission_happens_once_and_is_logged_as_early(early: Ticket) -> None:
    tried = admit(early.qr_text)
    with db.transaction():
        answer = service.admit_early(tried.id, door_actor(), gate="2", seconds=60)
    assert (answer.verdict, answer.admitted, answer.gate, answer.by_user_id) == (
        *("admitted_early", True),
        *("2", 7),
    )
    with db.transaction():
        assert service.admit_early(tried.id, door_actor(), gate="2", seconds=60).verdict == "already"
    with db.reading() as session:
        rows = session.execute(text("select verdict, by_user_id from tickets.admissions order by id")).all()
    assert [tuple(row) for row in rows] == [("too_early", 7), ("admitted_early", 7), ("already", 7)]


def test_after_the_opening_an_admission_is_not_early(early: Ticket, settings: Settings) -> None:
    tried = admit(early.qr_text)
    config.use(settings.changed(cinema={"doors_open_minutes": 61}))
    with db.transaction():
        answer = service.admit_early(tried.id, door_actor(), gate="2", seconds=60)
    assert answer.verdict == "admitted"
