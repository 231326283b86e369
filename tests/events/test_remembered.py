"""What a process remembers of the programme: the same object while it is the same, one reading at a time."""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from app.core import db
from app.events import cache
from app.events import service as events
from app.reservations import best, blocks
from tests.reservations.rooms import make_screening


@pytest.fixture
def soon_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is read again at each use."""
    monkeypatch.setattr(cache, "LONGEST_SECONDS", -1.0)


def room_of(drawing: str) -> int:
    return make_screening(drawing).auditorium_id


def plan_of(auditorium_id: int) -> events.SeatPlan:
    with db.reading():
        return events.seat_plan(auditorium_id)


def change_something(auditorium_id: int | None = None) -> None:
    """As an import does it; of this room's seats, or of anything else."""
    with db.transaction() as session:
        cache.programme_changes()
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
def test_a_change_of_something_else_leaves_the_seat_plan() -> None:
    room, other = room_of("oooo"), room_of("ooo")
    first, of_other = plan_of(room), plan_of(other)
    for _ in range(3):
        change_something(other)
        assert plan_of(room) is first
    assert plan_of(other) != of_other


@pytest.mark.usefixtures("database")
def test_a_change_of_the_room_is_seen() -> None:
    room = room_of("oooo")
    first = plan_of(room)
    change_something(room)
    assert [seat.number for seat in plan_of(room).seats] == [f"{seat.number}x" for seat in first.seats]


@pytest.mark.usefixtures("database", "soon_old")
def test_what_is_worked_out_of_a_plan_is_worked_out_once() -> None:
    room = room_of("oooooo")
    blocks._kept.cache_clear()
    best._ranked.cache_clear()
    for _ in range(20):
        best.best_together(plan_of(room), 2, ())
    for kept in (blocks._kept.cache_info(), best._ranked.cache_info()):
        assert (kept.currsize, kept.misses) == (1, 1)
        assert kept.hits >= 19


@pytest.mark.usefixtures("database")
def test_who_looks_while_another_thread_forgets_gets_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other thread comes in the middle of it, each time that the steady clock is read."""
    with db.reading():
        known = cache.now()

        def monotonic() -> float:
            cache._watch.forget()
            return time.monotonic()

        monkeypatch.setattr(cache, "time", SimpleNamespace(monotonic=monotonic))
        for _ in range(3):
            known, before = cache.now(), known
            assert abs(known - before) < timedelta(minutes=1)
