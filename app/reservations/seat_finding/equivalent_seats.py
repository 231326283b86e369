"""Find seats equivalent to those of a paid order that were lost: same prices and kinds, near the old ones. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from app.reservations.seat_finding import weights

if TYPE_CHECKING:
    from app.events.service import Seat, SeatPlan


def equivalent_seats(
    plan: SeatPlan, prices: Mapping[int, int], lost: Sequence[int], taken: Collection[int]
) -> Iterator[tuple[int, ...]]:
    """Yield sets of free seats with the prices and kinds of `lost`: those side by side, nearest first; then apart.

    `prices` is centavos by zone id. Love seats are whole.
    """
    old = [plan.by_id[seat_id] for seat_id in lost]
    wanted = Counter(price_and_kind(seat, prices) for seat in old)
    row = sum(seat.row_index for seat in old) / len(old)
    column = sum(seat.column for seat in old) / len(old)

    def distance(seats: Sequence[Seat]) -> float:
        return sum(weights.distance(seat.row_index - row, seat.column - column) for seat in seats)

    free = [seat for seat in plan.seats if seat.id not in taken and price_and_kind(seat, prices) in wanted]
    together = [
        seats
        for seats in _side_by_side(free, len(old))
        if Counter(price_and_kind(seat, prices) for seat in seats) == wanted
        and plan.keeps_love_seats_whole({seat.id for seat in seats})
    ]
    for seats in sorted(together, key=distance):
        yield tuple(seat.id for seat in seats)
    apart: list[Seat] = []
    missing = Counter(wanted)
    for seat in sorted(free, key=lambda seat: distance([seat])):
        kind = price_and_kind(seat, prices)
        if missing[kind]:
            missing[kind] -= 1
            apart.append(seat)
    if len(apart) == len(old) and plan.keeps_love_seats_whole({seat.id for seat in apart}):
        yield tuple(sorted(seat.id for seat in apart))


def price_and_kind(seat: Seat, prices: Mapping[int, int]) -> tuple[int, str]:
    """Return the price (centavos) and the kind of a seat; seats with the same ones are equivalent."""
    return prices[seat.zone_id], seat.kind


def _side_by_side(free: Sequence[Seat], count: int) -> Iterator[tuple[Seat, ...]]:
    for start in range(len(free) - count + 1):
        run = free[start : start + count]
        if all(
            right.row_index == left.row_index and right.column == left.column + left.width
            for left, right in pairwise(run)
        ):
            yield tuple(run)
