"""Seats not for sale: all verbs treat them as taken, and they are not counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.core import db
from app.events import service as events
from app.reservations import live, service
from app.reservations.service import NothingFits, SeatsLost, SingleSeatLeft
from tests.actors import visitor_actor
from tests.reservations.auditoriums import make_screening, reload_screening, take_off_sale
from tests.reservations.holds import count_rows, expire_hold, hold, hold_best, seat_ids_of, taken_seats

pytestmark = pytest.mark.usefixtures("database")


def test_a_seat_not_for_sale_cannot_be_held() -> None:
    screening = make_screening("oooooo")
    take_off_sale(screening, "A3")
    with pytest.raises(SeatsLost) as lost:
        hold(screening, "A2 A3")
    assert (lost.value.lost, lost.value.kept) == (seat_ids_of(screening, "A3"), seat_ids_of(screening, "A2"))
    assert lost.value.alternatives[0] == seat_ids_of(screening, "A1")
    assert lost.value.states[seat_ids_of(screening, "A3")[0]] is None
    assert count_rows("seat_claims") == 0
    with db.reading(), pytest.raises(SeatsLost):
        service.ensure_free(screening, seat_ids_of(screening, "A3"))


def test_a_seat_not_for_sale_is_neither_a_best_seat_nor_a_replacement() -> None:
    screening = make_screening("oooooo")
    take_off_sale(screening, "A3 A4")
    assert hold_best(screening, 2).seat_ids in (
        seat_ids_of(screening, "A1 A2"),
        seat_ids_of(screening, "A5 A6"),
    )
    with pytest.raises(NothingFits):
        hold_best(screening, 3)
    hold(screening, "A1" if taken_seats(screening).startswith("A3") else "A5")
    with pytest.raises(SeatsLost) as lost:
        hold(screening, "A3")
    assert not {seat for found in lost.value.alternatives for seat in found} & set(
        seat_ids_of(screening, "A3 A4")
    )


def test_a_hold_cannot_change_to_it_but_can_keep_it() -> None:
    screening = make_screening("oooooo")
    held = hold(screening, "A1 A2")
    take_off_sale(screening, "A2 A5")
    with db.transaction(), pytest.raises(SeatsLost) as lost:
        service.change_seats(held.id, seat_ids_of(screening, "A2 A5"))
    assert lost.value.lost == seat_ids_of(screening, "A5")
    with db.transaction():
        changed = service.change_seats(held.id, seat_ids_of(screening, "A2 A3"))
        assert changed.seat_ids == seat_ids_of(screening, "A2 A3")
        assert service.confirm(held.id)


def test_a_late_payment_does_not_reclaim_it() -> None:
    screening = make_screening("oooo")
    held = hold(screening, "A1")
    expire_hold(held.id)
    take_off_sale(screening, "A1")
    with db.transaction():
        assert not service.reclaim(held.id, datetime.now(UTC) + timedelta(minutes=5))


def test_the_single_seat_rule_treats_it_as_taken() -> None:
    """A seat between it and the chosen ones is a single seat, as beside a sold one."""
    screening = make_screening("oooooo")
    take_off_sale(screening, "A4")
    with pytest.raises(SingleSeatLeft) as asked, db.transaction():
        service.hold_seats(
            screening, seat_ids_of(screening, "A1 A2"), visitor_actor("v"), single_seat_rule=True
        )
    assert asked.value.shift == seat_ids_of(screening, "A5 A6")
    held = hold(screening, "A5 A6")  # the seats of the hold itself count as free
    with pytest.raises(SingleSeatLeft) as asked, db.transaction():
        service.change_seats(held.id, seat_ids_of(screening, "A1 A2"), single_seat_rule=True)
    assert asked.value.shift == seat_ids_of(screening, "A5 A6")
    assert taken_seats(screening) == "A4 A5 A6"


def test_a_seat_not_for_sale_is_not_offered_to_the_waiting_list() -> None:
    screening = make_screening("oooo")
    held = hold(screening, "A1 A2")
    take_off_sale(screening, "A3 A4")
    with db.transaction():
        wish = service.join_waiting_list(screening, 2, "ana@example.com", visitor_actor("ana"))
    with db.transaction():
        assert not service.offer_next(screening.id)
        service.release(held.id)
    with db.transaction():
        assert service.offer_next(screening.id)
    with db.reading():
        offer = service.request(wish.token).offer
    assert offer is not None
    assert offer.seat_ids == seat_ids_of(screening, "A1 A2")


def test_a_seat_not_for_sale_is_shown_as_taken_and_not_counted() -> None:
    screening = make_screening("oooo")
    hold(screening, "A1 A2")
    take_off_sale(screening, "A2 A3")
    assert taken_seats(screening) == "A1 A2 A3"
    states, now = live.read([screening.id])
    shown = json.loads(live.as_json(states[screening.id], now))["taken"]
    assert [shown[str(seat)] for seat in seat_ids_of(screening, "A2 A3")] == [0, 0]
    with db.reading():
        # Two places are on sale, and one of those is taken.
        assert reload_screening(screening).capacity == 2
        assert service.occupancy([screening.id], not_sold=events.seats_not_sold()) == {screening.id: 1}
        assert service.occupancy([screening.id]) == {screening.id: 2}
