"""The tick that expires holds; a row that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import db
from app.core.config import Settings
from app.reservations import handlers, service
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import count_rows, expire_hold, hold, messages, taken_seats

pytestmark = pytest.mark.usefixtures("database")


def test_the_tick_expires_holds_and_publishes_a_message() -> None:
    screening = make_screening("oooo")
    over, running = hold(screening, "A1 A2"), hold(screening, "A3")
    expire_hold(over.id)
    assert handlers.expire_holds() == 1
    assert handlers.expire_holds() == 0
    with db.reading():
        assert service.reservation(over.id).state == "expired"
        assert service.reservation(running.id).state == "held"
    assert messages("HoldExpired") == [
        {"reservation_id": str(over.id), "screening_id": screening.id, "form": 1}
    ]
    assert count_rows("seat_claims") == 1


def test_an_extension_before_the_tick_is_kept() -> None:
    screening = make_screening("oooo")
    held = hold(screening, "A1")
    expire_hold(held.id)
    with db.transaction():
        service.extend(held.id, datetime.now(UTC) + timedelta(minutes=5))
    assert not handlers.expire_hold(held.id)
    assert taken_seats(screening) == "A1"


def test_expiry_leaves_claims_that_another_hold_took_over() -> None:
    screening = make_screening("oooo")
    old = hold(screening, "A1 A2")
    expire_hold(old.id)
    hold(screening, "A1")
    assert handlers.expire_holds() == 1
    assert taken_seats(screening) == "A1"


def test_a_locked_hold_is_left_for_the_next_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "BATCH", 1)
    screening = make_screening("oooo")
    locked, over = hold(screening, "A1"), hold(screening, "A2")
    expire_hold(locked.id, seconds=9)
    expire_hold(over.id)
    with db.engine().begin() as other:
        other.execute(
            text("select 1 from reservations.reservations where id = :id for update"), {"id": locked.id}
        )
        assert handlers.expire_holds() == 1, "it neither waits for the other nor asks for it again and again"
    with db.reading():
        assert service.reservation(over.id).state == "expired"
        assert service.reservation(locked.id).state == "held"
    assert handlers.expire_holds() == 1


def test_a_hold_that_cannot_be_released_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "BATCH", 1)
    screening = make_screening("oooo")
    broken, over = hold(screening, "A1"), hold(screening, "A2")
    expire_hold(broken.id, seconds=9)
    expire_hold(over.id)
    with db.transaction() as session:
        session.execute(
            text(
                "create function reservations.keep() returns trigger language plpgsql as 'begin return null; end';"
                "create trigger keep before delete on reservations.seat_claims for each row"
                f" when (old.seat_id = {broken.seat_ids[0]}) execute function reservations.keep()"
            )
        )
    try:
        assert handlers.expire_holds() == 1
        with db.reading():
            assert service.reservation(over.id).state == "expired"
            assert service.reservation(broken.id).state == "held"
    finally:
        with db.transaction() as session:
            session.execute(text("drop function reservations.keep() cascade"))


@pytest.fixture
def impatient(database: str, settings: Settings, request: pytest.FixtureRequest) -> Iterator[None]:
    """Connect with short limits for locks and statements."""
    db.connect(database, connect_args={"options": f"-c {request.param}=2s"})
    yield
    db.connect(database, pool_size=settings.database.pool_size)


@pytest.mark.parametrize("impatient", ["lock_timeout", "statement_timeout"], indirect=True)
@pytest.mark.usefixtures("impatient")
def test_a_lock_timeout_does_not_stop_the_other_holds() -> None:
    screening = make_screening("oooo")
    stuck, over = hold(screening, "A1"), hold(screening, "A2")
    expire_hold(stuck.id, seconds=9)
    expire_hold(over.id)
    with db.engine().begin() as other:
        seat = {"id": stuck.id}
        other.execute(
            text("select 1 from reservations.seat_claims where reservation_id = :id for update"), seat
        )
        assert handlers.expire_holds() == 1
    with db.reading():
        assert service.reservation(over.id).state == "expired"
        assert service.reservation(stuck.id).state == "held"
    assert handlers.expire_holds() == 1


def test_an_outage_of_the_database_stops_the_tick() -> None:
    screening = make_screening("oooo")
    unlucky, over = hold(screening, "A1"), hold(screening, "A2")
    expire_hold(unlucky.id, seconds=9)
    expire_hold(over.id)
    with db.transaction() as session:
        session.execute(
            text(
                "create function reservations.away() returns trigger language plpgsql as"
                " 'begin perform pg_terminate_backend(pg_backend_pid()); return old; end';"
                "create trigger away before delete on reservations.seat_claims for each row"
                f" when (old.seat_id = {unlucky.seat_ids[0]}) execute function reservations.away()"
            )
        )
    try:
        with pytest.raises(DBAPIError):
            handlers.expire_holds()
        with db.reading():
            assert service.reservation(over.id).state == "held"
    finally:
        with db.transaction() as session:
            session.execute(text("drop function reservations.away() cascade"))
    assert handlers.expire_holds() == 2
