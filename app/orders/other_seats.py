"""Seats as good as those that were lost: the same prices, near the old ones, side by side where possible. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from app.events.service import Seat, SeatPlan

ROW_WEIGHT = 2.0  # a row further away feels like two seats


def candidates(
    plan: SeatPlan, prices: Mapping[int, int], lost: Sequence[int], taken: Collection[int]
) -> Iterator[tuple[int, ...]]:
    """Sets of free seats with the same prices as `lost`, the best first. `prices` is centavos by zone.

    Other kinds than the usual seat are given only in place of their like, and love seats only whole.
    """
    old = [plan.by_id[seat_id] for seat_id in lost]
    wanted = Counter(likeness(seat, prices) for seat in old)
    row = sum(seat.row_index for seat in old) / len(old)
    column = sum(seat.column for seat in old) / len(old)

    def distance(seats: Sequence[Seat]) -> float:
        return sum(abs(seat.row_index - row) * ROW_WEIGHT + abs(seat.column - column) for seat in seats)

    free = [seat for seat in plan.seats if seat.id not in taken and likeness(seat, prices) in wanted]
    together = [
        seats
        for seats in _side_by_side(free, len(old))
        if Counter(likeness(seat, prices) for seat in seats) == wanted
        and plan.whole({seat.id for seat in seats})
    ]
    for seats in sorted(together, key=distance):
        yield tuple(seat.id for seat in seats)
    apart: list[Seat] = []
    left = Counter(wanted)
    for seat in sorted(free, key=lambda seat: distance([seat])):
        kind = likeness(seat, prices)
        if left[kind]:
            left[kind] -= 1
            apart.append(seat)
    if len(apart) == len(old) and plan.whole({seat.id for seat in apart}):
        yield tuple(sorted(seat.id for seat in apart))


def likeness(seat: Seat, prices: Mapping[int, int]) -> tuple[int, str]:
    """What makes one seat as good as another: its price and its kind."""
    return prices[seat.zone_id], seat.kind


def _side_by_side(free: Sequence[Seat], count: int) -> Iterator[tuple[Seat, ...]]:
    for start in range(len(free) - count + 1):
        run = free[start : start + count]
        if all(
            right.row_index == left.row_index and right.column == left.column + left.width
            for left, right in pairwise(run)
        ):
            yield tuple(run)
