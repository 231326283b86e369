"""Equivalent seats for lost ones: the same prices and kinds, side by side, nearby."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reservations.service import equivalent_seats, price_and_kind
from tests.reservations.auditoriums import draw_plan, seat_ids, seat_names

PRICES = {1: 3800, 2: 4600}
ROOM = draw_plan("wcoooo", "oooooo", "vvvvvv")


@pytest.mark.parametrize(
    ("lost", "also_taken", "first"),
    [
        ("B3 B4", "", "B1 B2"),
        ("B3 B4", "B1 B2", "B5 B6"),
        ("B3 B4", "B1 B6", "A3 A4"),
        ("C3", "", "C2"),
        ("B6 C6", "", "B5 C5"),
    ],
)
def test_the_nearest_come_first(lost: str, also_taken: str, first: str) -> None:
    taken = {*seat_ids(ROOM, lost), *seat_ids(ROOM, also_taken)}
    found = next(equivalent_seats(ROOM, PRICES, seat_ids(ROOM, lost), taken))
    assert set(seat_names(ROOM, found).split()) == set(first.split())


def test_seats_apart_are_found_when_none_are_together() -> None:
    taken = set(seat_ids(ROOM, "A3 A5 A6 B2 B3 B4 B5 B6"))
    assert seat_names(ROOM, next(equivalent_seats(ROOM, PRICES, seat_ids(ROOM, "B3 B4"), taken))) == "A4 B1"


def test_nothing_is_found_when_no_seat_is_equivalent() -> None:
    taken = set(seat_ids(ROOM, "C1 C2 C3 C4 C5 C6"))
    assert list(equivalent_seats(ROOM, PRICES, seat_ids(ROOM, "C1"), taken)) == []
    assert list(equivalent_seats(ROOM, PRICES, seat_ids(ROOM, "A1"), set(seat_ids(ROOM, "A1")))) == []


@given(st.sets(st.sampled_from([seat.id for seat in ROOM.seats])), st.data())
def test_equivalent_seats_are_free_and_cost_the_same(taken: set[int], data: st.DataObject) -> None:
    lost = data.draw(
        st.lists(st.sampled_from([seat.id for seat in ROOM.seats]), min_size=1, max_size=4, unique=True)
    )

    def like(seats: Sequence[int]) -> list[tuple[int, str]]:
        return sorted(price_and_kind(ROOM.by_id[seat], PRICES) for seat in seats)

    for offer in equivalent_seats(ROOM, PRICES, lost, taken):
        assert not taken.intersection(offer)
        assert like(offer) == like(lost)
        assert len(set(offer)) == len(lost)


def test_love_seats_replace_love_seats_only_and_whole() -> None:
    room = draw_plan("LLLLoo")
    assert [
        seat_names(room, offer)
        for offer in equivalent_seats(room, PRICES, seat_ids(room, "A1 A2"), seat_ids(room, "A1 A2"))
    ] == [
        "A3 A4",
        "A3 A4",
    ]
    assert list(equivalent_seats(room, PRICES, seat_ids(room, "A1 A2"), seat_ids(room, "A1 A2 A3"))) == []
    assert list(equivalent_seats(room, PRICES, seat_ids(room, "A5 A6"), seat_ids(room, "A5 A6"))) == []
