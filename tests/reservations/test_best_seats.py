"""The best seats together, and replacements for lost seats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reservations.seat_finding.best_seats import best_together
from app.reservations.seat_finding.blocks import blocks_of
from app.reservations.seat_finding.replacements import replacement_seats
from tests.reservations.auditoriums import draw_plan, seat_ids, seat_names

ROOM = ("oooooooo", "oooooooo", "oooooooo", "oooooooo", "oooooooo", "oooooooo")


def test_the_best_seats_are_near_the_middle_two_thirds_back() -> None:
    room = draw_plan(*ROOM)
    assert seat_names(room, best_together(room, 2, ())) == "D4 D5"


def test_seats_that_leave_no_single_seat_are_preferred() -> None:
    room = draw_plan("oooooooo")
    assert seat_names(room, best_together(room, 3, seat_ids(room, "A1"))) == "A4 A5 A6"


def test_aisles_and_special_seats_are_avoided() -> None:
    room = draw_plan("oo.oo", "wcccc")
    assert best_together(room, 3, ()) is None
    assert seat_names(room, best_together(room, 2, seat_ids(room, "A1"))) == "A3 A4"


def test_the_standard_zone_is_preferred_to_dearer_ones() -> None:
    room = draw_plan("oooooo", "vvvvvv", "vvvvvv")
    assert seat_names(room, best_together(room, 2, ())) == "A3 A4"
    assert seat_names(room, best_together(room, 2, seat_ids(room, "A1 A2 A3 A4 A5 A6")))[0] in "BC"


@given(data=st.data(), quantity=st.integers(1, 8))
def test_the_best_seats_are_free_and_side_by_side_and_found_if_any_exist(
    data: st.DataObject, quantity: int
) -> None:
    room = draw_plan(
        *data.draw(st.lists(st.text("oooo.wv", min_size=1, max_size=10), min_size=1, max_size=4))
    )
    if not room.seats:
        return
    taken = data.draw(st.sets(st.sampled_from(sorted(room.by_id))))
    best = best_together(room, quantity, taken)
    windows = [
        block[first : first + quantity]
        for block in blocks_of(room).blocks
        for first in range(len(block) - quantity + 1)
    ]
    fits = [
        window
        for window in windows
        if all(seat.kind == "standard" and seat.id not in taken for seat in window)
    ]
    assert (best is None) == (not fits)
    if best is not None:
        assert best in [tuple(seat.id for seat in window) for window in fits]


@pytest.mark.parametrize(
    ("lost", "kept", "taken", "offered"),
    [
        ("A4", "A5", "A4", ["A6"]),
        ("A4", "A5", "A4 A6", ["A3"]),
        ("A4 A5", "", "A4 A5", ["A2 A3"]),
    ],
)
def test_lost_seats_are_replaced_beside_the_kept_ones(
    lost: str, kept: str, taken: str, offered: list[str]
) -> None:
    room = draw_plan("oooooooo")
    found = replacement_seats(room, seat_ids(room, lost), seat_ids(room, kept), seat_ids(room, taken))
    assert seat_names(room, found[0]) == offered[0]
    for alternative in found:
        assert not set(alternative) & set(seat_ids(room, taken) + seat_ids(room, kept))


def test_a_full_auditorium_has_no_replacements() -> None:
    room = draw_plan("ooo")
    assert replacement_seats(room, seat_ids(room, "A1"), (), seat_ids(room, "A1 A2 A3")) == []


def test_a_wheelchair_space_is_replaced_by_a_wheelchair_space() -> None:
    room = draw_plan("wooow")
    assert [
        seat_names(room, found)
        for found in replacement_seats(room, seat_ids(room, "A1"), (), seat_ids(room, "A1"))
    ] == ["A5"]


def test_love_seats_are_offered_whole() -> None:
    room = draw_plan("LLLLLL", "oooooo")
    lost = seat_ids(room, "A1 A2")
    offers = replacement_seats(room, lost, (), lost)
    assert [seat_names(room, offer) for offer in offers] == ["A3 A4"]
    # A single place of a love seat is not offered.
    assert replacement_seats(room, lost, (), seat_ids(room, "A1 A2 A3 A6")) == []
