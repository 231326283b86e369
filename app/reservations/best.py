"""Which seats are best: N side by side near the middle of a row, two thirds of the way back. Pure.

Wheelchair spaces and companion seats are never given unasked, wide and love seats neither. Seats of the plain zone
come first: nobody pays more than they asked for because a dearer zone lies nearer to the middle.
"""

from __future__ import annotations

from collections.abc import Collection

from app.core.cache import Cache
from app.events.service import SeatPlan
from app.reservations.blocks import STANDARD, Blocks, blocks_of
from app.reservations.single_seat import lone_seats

DEPTH = 2 / 3
ROW_WEIGHT = 1.4  # a row back or forth counts as about one and a half seats sideways


def best_together(plan: SeatPlan, quantity: int, taken: Collection[int]) -> tuple[int, ...] | None:
    """The best `quantity` free seats side by side, or None. Rather a little further off than leaving a seat alone."""
    second_best: tuple[int, ...] | None = None
    for dearer, seats in _ranked(plan, quantity):
        if second_best is not None and dearer:
            break
        if any(seat_id in taken for seat_id in seats):
            continue
        if not lone_seats(plan, seats, taken):
            return seats
        second_best = second_best or seats
    return second_best


Ranking = tuple[tuple[bool, tuple[int, ...]], ...]
# Computed of the plan alone: an entry of a plan that has changed is never asked for again.
_RANKINGS: Cache[tuple[SeatPlan, int], Ranking] = Cache("best seats", most=512)


def _ranked(plan: SeatPlan, quantity: int) -> Ranking:
    return _RANKINGS.get((plan, quantity), lambda: _rank(blocks_of(plan), quantity))


def _rank(blocks: Blocks, quantity: int) -> Ranking:
    """Every place for `quantity` together in an empty room, best first: (is it in a dearer zone, its seats)."""
    seats = [seat for block in blocks.blocks for seat in block]
    rows = sorted({seat.row_index for seat in seats})
    depth = {index: place for place, index in enumerate(rows)}
    ideal_row = (len(rows) - 1) * DEPTH
    left = min(seat.column for seat in seats)
    middle = (left + max(seat.column + seat.width for seat in seats)) / 2
    plain = any(seat.zone_code == "standard" for seat in seats)
    found: list[tuple[bool, float, tuple[int, ...]]] = []
    for block in blocks.blocks:
        for first in range(len(block) - quantity + 1):
            window = block[first : first + quantity]
            if any(seat.kind != STANDARD for seat in window):
                continue
            centre = (window[0].column + window[-1].column + window[-1].width) / 2
            off = ((depth[window[0].row_index] - ideal_row) * ROW_WEIGHT) ** 2 + (centre - middle) ** 2
            dearer = plain and any(seat.zone_code != "standard" for seat in window)
            found.append((dearer, off, tuple(seat.id for seat in window)))
    found.sort()
    return tuple((dearer, window) for dearer, _, window in found)
