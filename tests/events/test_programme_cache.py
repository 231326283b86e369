"""The caches of the programme: an equal value stays the same object, and a change is seen."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import Mock

import pytest
from sqlalchemy import text

from app.core import db
from app.events import service as events
from app.events.cache import READINGS, begin_programme_change, now
from app.reservations.seat_finding import best_seats, blocks
from tests.reservations.auditoriums import make_screening


@pytest.fixture
def soon_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let seat plans be read again at each use."""
    monkeypatch.setattr(events._seat_plans, "seconds", -1.0)


def room_of(drawing: str) -> int:
    return make_screening(drawing).auditorium_id


def plan_of(auditorium_id: int) -> events.SeatPlan:
    with db.reading():
        return events.seat_plan(auditorium_id)


def change_something(auditorium_id: int | None = None) -> None:
    """Change the programme as an import does: seats of this auditorium, or only the version."""
    with db.transaction() as session:
        begin_programme_change()
        if auditorium_id is not None:
            session.execute(
                text("update events.seats set number = number || 'x' where auditorium_id = :id"),
                {"id": auditorium_id},
            )


@pytest.mark.usefixtures("database", "soon_old")
def test_a_seat_plan_that_is_read_again_is_the_same_object() -> None:
    room = room_of("oooo")
    first = plan_of(room)
    assert all(plan_of(room) is first for _ in range(3))


@pytest.mark.usefixtures("database")
def test_another_change_keeps_the_same_seat_plan_object() -> None:
    room, other = room_of("oooo"), room_of("ooo")
    first, of_other = plan_of(room), plan_of(other)
    for _ in range(3):
        change_something(other)
        assert plan_of(room) is first
    assert plan_of(other) != of_other


@pytest.mark.usefixtures("database")
def test_a_change_of_the_auditorium_is_seen() -> None:
    room = room_of("oooo")
    first = plan_of(room)
    change_something(room)
    assert [seat.number for seat in plan_of(room).seats] == [f"{seat.number}x" for seat in first.seats]


@pytest.mark.usefixtures("database")
def test_the_blocks_of_a_plan_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    room = room_of("oooooo")
    build = Mock(wraps=blocks._build)
    monkeypatch.setattr(blocks, "_build", build)
    blocks.blocks_of.cache_clear()
    best_seats._ranking_of.cache_clear()
    for _ in range(20):
        READINGS.clear()
        events._seat_plans.expire(room)
        best_seats.best_together(plan_of(room), 2, ())
    assert build.call_count == 1


@pytest.mark.usefixtures("database")
def test_an_uncommitted_change_is_seen_by_its_own_transaction_only() -> None:
    room = room_of("oooo")
    first = plan_of(room)
    with db.transaction() as session:
        begin_programme_change()
        session.execute(
            text("update events.seats set number = number || 'x' where auditorium_id = :id"), {"id": room}
        )
        assert events.seat_plan(room).seats[0].number == f"{first.seats[0].number}x"
        session.rollback()
    assert plan_of(room) is first


@pytest.mark.usefixtures("database")
def test_the_time_advances_between_two_readings() -> None:
    with db.reading():
        known = now()
        for _ in range(3):
            READINGS.clear()
            known, before = now(), known
            assert abs(known - before) < timedelta(minutes=1)
