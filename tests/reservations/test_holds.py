"""Holds: create, change, extend, sell, release and reclaim."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from app.core.errors import Invalid, NotFound
from app.events.service import ScreeningClosed
from app.reservations import handlers, service
from app.reservations.service import NotHeld, NothingFits, SeatsLost, TooManyHolds
from tests.actors import visitor_actor
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import count_rows, expire_hold, hold, hold_best, seat_ids_of, taken_seats

pytestmark = pytest.mark.usefixtures("database")


def test_claims_outlive_the_deadline_by_the_grace(settings: Settings) -> None:
    screening = make_screening("oooo")
    before = datetime.now(UTC)
    held = hold(screening, "A1 A2")
    assert held.state == "held"
    assert held.expires_at - held.deadline == timedelta(seconds=settings.holds.grace_seconds)
    assert abs(held.deadline - before - timedelta(minutes=settings.holds.minutes)) < timedelta(seconds=5)
    with db.reading():
        assert service.reservation(held.id) == held
        assert service.seat_states(screening.id) == dict.fromkeys(held.seat_ids, held.expires_at)
        assert service.occupancy([screening.id, 999]) == {screening.id: 2}


def test_the_error_names_the_lost_seat_and_nothing_is_held() -> None:
    screening = make_screening("oooooo")
    hold(screening, "A3")
    with pytest.raises(SeatsLost) as caught:
        hold(screening, "A2 A3")
    assert caught.value.lost == seat_ids_of(screening, "A3")
    assert caught.value.kept == seat_ids_of(screening, "A2")
    assert caught.value.alternatives[0] == seat_ids_of(screening, "A1")
    assert taken_seats(screening) == "A3"
    assert (count_rows("reservations"), count_rows("reservation_seats"), count_rows("seat_claims")) == (
        1,
        1,
        1,
    )


def test_nothing_is_held_even_if_the_caller_commits() -> None:
    screening = make_screening("oooooo")
    hold(screening, "A3")
    with db.transaction(), pytest.raises(SeatsLost):
        service.hold_seats(screening, seat_ids_of(screening, "A2 A3"), visitor_actor("v"))
    assert taken_seats(screening) == "A3"
    assert count_rows("reservations") == 1


def test_an_expired_claim_can_be_taken_over() -> None:
    screening = make_screening("oooo")
    old = hold(screening, "A1 A2")
    expire_hold(old.id)
    assert taken_seats(screening) == ""
    hold(screening, "A2")
    assert taken_seats(screening) == "A2"
    with db.transaction():
        assert not service.confirm(old.id)
        with pytest.raises(NotHeld):
            service.extend(old.id, datetime.now(UTC) + timedelta(minutes=5))
    assert taken_seats(screening) == "A2"


@pytest.mark.parametrize(
    ("chosen", "code"),
    [([], "seats.none"), ([1] * 2, "seats.repeated"), (list(range(10_000)), "seats.too_many")],
)
def test_invalid_seats_are_refused(chosen: list[int], code: str) -> None:
    screening = make_screening("oooo")
    with pytest.raises(Invalid, match=code), db.transaction():
        service.hold_seats(screening, chosen, visitor_actor("v"))


@pytest.mark.parametrize("seat", [0, -1, 2**31, 2**80])
def test_unknown_seats_are_refused(seat: int) -> None:
    screening = make_screening("oooo")
    with pytest.raises(Invalid, match=r"seats\.unknown"), db.transaction():
        service.hold_seats(screening, [seat], visitor_actor("v"))


def test_seats_of_another_auditorium_are_refused() -> None:
    screening, other = make_screening("oooo"), make_screening("oooo")
    with pytest.raises(Invalid, match=r"seats\.unknown"), db.transaction():
        service.hold_seats(screening, seat_ids_of(other, "A1"), visitor_actor("v"))


def test_a_love_seat_is_held_whole() -> None:
    screening = make_screening("LLLLoo")
    for halved in ("A1", "A2 A3", "A4 A5"):
        with pytest.raises(Invalid, match=r"seats\.halved"), db.transaction():
            service.hold_seats(screening, seat_ids_of(screening, halved), visitor_actor("v"))
    hold(screening, "A3 A4")
    assert taken_seats(screening) == "A3 A4"


@pytest.mark.parametrize("quantity", [0, -1, 9, 10**9])
def test_invalid_quantities_are_refused(quantity: int) -> None:
    screening = make_screening("oooo")
    with pytest.raises(Invalid, match=r"quantity\.range"), db.transaction():
        service.hold_best(screening, quantity, visitor_actor("v"))


def test_a_screening_that_is_over_is_not_sold() -> None:
    screening = make_screening("oooo", starts_in=timedelta(hours=-1))
    with pytest.raises(ScreeningClosed):
        hold(screening, "A1")
    with pytest.raises(ScreeningClosed):
        hold_best(screening, 1)


def test_the_best_together_until_nothing_fits() -> None:
    screening = make_screening("oooo")
    assert hold_best(screening, 2).seat_ids == seat_ids_of(screening, "A1 A2")
    assert hold_best(screening, 2).seat_ids == seat_ids_of(screening, "A3 A4")
    with pytest.raises(NothingFits):
        hold_best(screening, 1)


def test_the_holds_of_a_visitor_are_limited(settings: Settings) -> None:
    config.use(settings.changed(holds={"max_per_visitor": 2}))
    screening = make_screening("oooooo")
    first = hold(screening, "A1", visitor="v")
    hold(screening, "A2", visitor="v")
    with pytest.raises(TooManyHolds) as caught:
        hold(screening, "A3", visitor="v")
    assert caught.value.retry_after > 0
    with pytest.raises(TooManyHolds):
        hold_best(screening, 1, visitor="v")
    hold(screening, "A3", visitor="another")
    expire_hold(first.id)
    hold(screening, "A4", visitor="v")


def test_the_holds_of_an_address_are_limited(settings: Settings) -> None:
    config.use(settings.changed(holds={"max_per_address": 1}))
    screening = make_screening("oooooo")
    hold(screening, "A1", address_key="one")
    with pytest.raises(TooManyHolds):
        hold(screening, "A2", address_key="one")
    hold(screening, "A2", address_key="two")


def test_a_change_keeps_the_deadline_and_common_seats() -> None:
    screening = make_screening("oooooo")
    held = hold(screening, "A2 A3")
    with db.transaction():
        changed = service.change_seats(held.id, seat_ids_of(screening, "A3 A4"))
    assert changed == replace(held, seat_ids=seat_ids_of(screening, "A3 A4"))
    assert taken_seats(screening) == "A3 A4"
    with db.transaction():
        assert service.confirm(held.id)
    assert taken_seats(screening) == "A3 A4"


def test_change_to_a_lost_seat_keeps_the_old_ones() -> None:
    screening = make_screening("oooooo")
    held = hold(screening, "A2 A3")
    hold(screening, "A4")
    with db.transaction(), pytest.raises(SeatsLost) as caught:
        service.change_seats(held.id, seat_ids_of(screening, "A3 A4"))
    assert caught.value.lost == seat_ids_of(screening, "A4")
    assert caught.value.alternatives[0] == seat_ids_of(
        screening, "A2"
    )  # the old seat of the hold itself is the nearest
    with db.reading():
        assert service.reservation(held.id) == held
    assert taken_seats(screening) == "A2 A3 A4"


def test_only_a_held_reservation_changes_seats() -> None:
    screening = make_screening("oooooo")
    held = hold(screening, "A2")
    with db.transaction():
        service.confirm(held.id)
    with pytest.raises(NotHeld), db.transaction():
        service.change_seats(held.id, seat_ids_of(screening, "A3"))
    assert taken_seats(screening) == "A2"


def test_extend_moves_reservation_and_claims() -> None:
    screening = make_screening("oooo")
    held = hold(screening, "A1 A2")
    until = held.deadline + timedelta(minutes=5)
    with db.transaction():
        extended = service.extend(held.id, until)
    assert extended == replace(held, deadline=until, expires_at=held.expires_at + timedelta(minutes=5))
    with db.reading():
        assert set(service.seat_states(screening.id).values()) == {extended.expires_at}


def test_sold_seats_never_expire_and_are_free_after_a_cancellation() -> None:
    screening = make_screening("oooo")
    held = hold(screening, "A1 A2")
    with db.transaction():
        assert service.confirm(held.id)
    with db.transaction():
        assert not service.confirm(held.id)
    with db.reading():
        assert set(service.seat_states(screening.id).values()) == {None}
    with db.transaction():
        assert service.release(held.id)
    with db.transaction():
        assert not service.release(held.id)
    assert taken_seats(screening) == ""
    with db.reading():
        assert service.seats_of(held.id) == held.seat_ids


def test_an_expired_hold_can_be_sold_while_its_claims_exist() -> None:
    screening = make_screening("oooo")
    held = hold(screening, "A1 A2")
    expire_hold(held.id)
    with db.transaction():
        assert service.confirm(held.id)
    assert taken_seats(screening) == "A1 A2"


def test_a_late_payment_reclaims_all_of_its_seats_or_none() -> None:
    screening = make_screening("oooo")
    lucky, unlucky = hold(screening, "A1 A2"), hold(screening, "A3 A4")
    expire_hold(lucky.id)
    expire_hold(unlucky.id)
    assert handlers.expire_holds() == 2
    assert count_rows("seat_claims") == 0
    hold(screening, "A4")
    until = datetime.now(UTC) + timedelta(minutes=15)
    with db.transaction():
        assert service.reclaim(lucky.id, until)
        assert not service.reclaim(unlucky.id, until)
    assert taken_seats(screening) == "A1 A2 A4"
    with db.transaction():
        assert service.confirm(lucky.id)
        assert not service.confirm(unlucky.id)


def test_a_released_reservation_is_never_reclaimed() -> None:
    screening = make_screening("oooo")
    held = hold(screening, "A1")
    with db.transaction():
        service.release(held.id)
    with db.transaction():
        assert not service.reclaim(held.id, datetime.now(UTC) + timedelta(minutes=5))
    assert taken_seats(screening) == ""


def test_unknown_reservations() -> None:
    with db.reading(), pytest.raises(NotFound):
        service.reservation(uuid.uuid4())
    with db.transaction():
        assert not service.confirm(uuid.uuid4())
        assert not service.release(uuid.uuid4())


def test_claims_notify_watched_screenings_only() -> None:
    screening, other = make_screening("oooo"), make_screening("oooo")
    with db.transaction() as session:
        session.execute(
            text(
                "insert into reservations.seat_watches values (:id, clock_timestamp() + interval '1 minute')"
            ),
            {"id": screening.id},
        )
    raw = db.engine().raw_connection()
    try:
        raw.driver_connection.set_isolation_level(0)  # type: ignore[union-attr]
        cursor = raw.cursor()
        cursor.execute("listen seats")
        held = hold(screening, "A1")
        hold(other, "A1")
        with db.transaction():
            service.confirm(held.id)
        with db.transaction():
            service.release(held.id)
        # A listener gets its own notification only after all that were committed before it.
        cursor.execute("notify seats, 'all heard'")
        raw.driver_connection.poll()  # type: ignore[union-attr]
        notes = [note.payload for note in raw.driver_connection.notifies]  # type: ignore[union-attr]
        cursor.execute("unlisten *")
    finally:
        raw.invalidate()
        raw.close()
    assert notes == [str(screening.id)] * 3 + ["all heard"]
