"""The single-seat rule, by examples and by properties over random seat plans."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reservations.seat_finding.single_seat import single_seats_left, suggest_shift
from tests.reservations.auditoriums import draw_plan, seat_ids, seat_names

PRICES = {1: 3800, 2: 4600}


@pytest.mark.parametrize(
    ("row", "chosen", "taken", "lone", "shift"),
    [
        ("oooooo", "A2 A3", "", "A1", "A3 A4"),
        ("oooooo", "A1 A2", "", "", ""),
        ("oooooo", "A2 A3 A4", "", "A1", "A1 A2 A3"),
        ("oooooo", "A3 A4", "", "", ""),
        ("oooo", "A2 A3", "", "A1 A4", "A1 A2"),
        ("oooooo", "A5", "", "A6", "A4"),
        ("ooo", "A2", "", "A1 A3", "A1"),
        # The seat had no free neighbour before.
        ("ooo", "A3", "A2", "", ""),
        # Aisles and taken seats end a block.
        ("oo.oooo", "A4 A5", "", "A3 A6", "A3 A4"),
        ("oooooo", "A3 A4", "A1", "A2", "A2 A3"),
        # Any two seats leave a single one, so there is no shift.
        ("ooo", "A1 A2", "", "A3", ""),
        # Love seats and wheelchair spaces do not count.
        ("loo", "A2 A3", "", "", ""),
        ("woo", "A2 A3", "", "", ""),
        # No shift into another zone or kind of seat.
        ("oovvvv", "A2", "", "A1", "A1"),
        ("ooovv", "A2", "", "A1", "A3"),
        ("ocvv", "A3", "", "A4", "A4"),
    ],
)
def test_examples(row: str, chosen: str, taken: str, lone: str, shift: str) -> None:
    room = draw_plan(row)
    assert seat_names(room, single_seats_left(room, seat_ids(room, chosen), seat_ids(room, taken))) == lone
    assert (
        seat_names(room, suggest_shift(room, seat_ids(room, chosen), seat_ids(room, taken), PRICES)) == shift
    )


def test_one_of_two_runs_is_shifted() -> None:
    room = draw_plan("oooo", "oooo")
    assert seat_names(room, suggest_shift(room, seat_ids(room, "A1 A2 B2 B3"), (), PRICES)) == "A1 A2 B1 B2"


rooms = st.lists(st.text("ooooov.wcbl", min_size=1, max_size=12), min_size=1, max_size=4)


@given(rooms=rooms, data=st.data())
def test_a_shift_is_free_and_equivalent_and_leaves_no_single_seat(
    rooms: list[str], data: st.DataObject
) -> None:
    room = draw_plan(*rooms)
    everything = sorted(room.by_id)
    if not everything:
        return
    taken = data.draw(st.sets(st.sampled_from(everything)))
    free = [seat_id for seat_id in everything if seat_id not in taken]
    if not free:
        return
    chosen = tuple(data.draw(st.sets(st.sampled_from(free), min_size=1, max_size=8)))
    shift = suggest_shift(room, chosen, taken, PRICES)
    if not single_seats_left(room, chosen, taken):
        assert shift is None
    if shift is None:
        return
    assert len(set(shift)) == len(chosen)
    assert not set(shift) & taken
    assert not single_seats_left(room, shift, taken)

    def worth(seats: tuple[int, ...]) -> list[tuple[int, str, int]]:
        found = [room.by_id[seat_id] for seat_id in seats]
        return sorted((seat.row_index, seat.kind, PRICES[seat.zone_id]) for seat in found)

    assert worth(shift) == worth(chosen)


@given(length=st.integers(4, 14), first=st.integers(0, 13), count=st.integers(1, 4))
def test_an_empty_row_always_has_a_shift(length: int, first: int, count: int) -> None:
    """The exception is a row that is one seat longer than the quantity."""
    if first + count > length or length == count + 1:
        return
    room = draw_plan("o" * length)
    chosen = tuple(100 + 1 + first + place for place in range(count))
    assert bool(single_seats_left(room, chosen, ())) == (suggest_shift(room, chosen, (), PRICES) is not None)
