"""Find the best seats: N side by side near the middle of a row, two thirds of the way back. Pure.

Wheelchair, companion, wide and love seats are never chosen automatically. Seats of the standard zone come first, so
that nobody pays more than they asked for because a dearer zone is nearer to the middle.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from app.reservations.seat_finding import weights
from app.reservations.seat_finding.blocks import STANDARD, Blocks, blocks_of
from app.reservations.seat_finding.single_seat import single_seats_left

if TYPE_CHECKING:
    from app.events.service import SeatPlan


def best_together(plan: SeatPlan, quantity: int, taken: Collection[int]) -> tuple[int, ...] | None:
    """Return the ids of the best `quantity` free seats side by side, or None.

    Seats that leave no single seat empty are preferred to better ones of the same zone that do.
    """
    second_best: tuple[int, ...] | None = None
    for dearer, seats in _ranking_of(plan, quantity):
        if second_best is not None and dearer:
            break
        if any(seat_id in taken for seat_id in seats):
            continue
        if not single_seats_left(plan, seats, taken):
            return seats
        second_best = second_best or seats
    return second_best


Ranking = tuple[tuple[bool, tuple[int, ...]], ...]


@lru_cache(maxsize=512)
def _ranking_of(plan: SeatPlan, quantity: int) -> Ranking:
    return _rank(blocks_of(plan), quantity)


def _rank(blocks: Blocks, quantity: int) -> Ranking:
    """Return every `quantity` seats side by side of an empty auditorium, best first: (in a dearer zone, seat ids)."""
    seats = [seat for block in blocks.blocks for seat in block]
    rows = sorted({seat.row_index for seat in seats})
    depth = {index: place for place, index in enumerate(rows)}
    best_row = (len(rows) - 1) * weights.BEST_DEPTH
    left = min(seat.column for seat in seats)
    middle = (left + max(seat.column + seat.width for seat in seats)) / 2
    has_standard_zone = any(seat.zone_code == "standard" for seat in seats)
    found: list[tuple[bool, float, tuple[int, ...]]] = []
    for block in blocks.blocks:
        for first in range(len(block) - quantity + 1):
            window = block[first : first + quantity]
            if any(seat.kind != STANDARD for seat in window):
                continue
            centre = (window[0].column + window[-1].column + window[-1].width) / 2
            penalty = weights.penalty(depth[window[0].row_index] - best_row, centre - middle)
            dearer = has_standard_zone and any(seat.zone_code != "standard" for seat in window)
            found.append((dearer, penalty, tuple(seat.id for seat in window)))
    found.sort()
    return tuple((dearer, seat_ids) for dearer, _, seat_ids in found)
