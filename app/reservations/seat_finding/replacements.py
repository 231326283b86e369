"""Find free seats that replace the ones that a customer has lost: beside the kept ones, else nearby. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from app.reservations.seat_finding import weights
from app.reservations.seat_finding.blocks import blocks_of

if TYPE_CHECKING:
    from app.events.service import Seat, SeatPlan


def replacement_seats(
    plan: SeatPlan, lost: Sequence[int], kept: Sequence[int], taken: Collection[int]
) -> list[tuple[int, ...]]:
    """Return up to two sets of free seats that replace `lost`, best first; none when the auditorium has none left.

    The first one makes all seats of the customer lie in one block, where that is possible; the other one replaces
    each seat by the nearest. Replacements are of the same kinds as the lost seats.
    """
    found: list[tuple[int, ...]] = []
    together = _in_one_block(plan, lost, kept, taken)
    if together is not None:
        found.append(together)
    apart = _one_by_one(plan, lost, kept, taken)
    if apart is not None and (together is None or set(apart) != set(together)):
        found.append(apart)
    return found


def _in_one_block(
    plan: SeatPlan, lost: Sequence[int], kept: Sequence[int], taken: Collection[int]
) -> tuple[int, ...] | None:
    quantity = len(lost) + len(kept)
    kinds = sorted(plan.by_id[seat_id].kind for seat_id in lost)
    best: tuple[float, tuple[int, ...]] | None = None
    for block in blocks_of(plan).blocks:
        for first in range(len(block) - quantity + 1):
            window = block[first : first + quantity]
            ids = {seat.id for seat in window}
            if not ids.issuperset(kept):
                continue
            new = [seat for seat in window if seat.id not in kept]
            if any(seat.id in taken for seat in new) or sorted(seat.kind for seat in new) != kinds:
                continue
            if not plan.keeps_love_seats_whole(ids):
                continue
            distance = _distance_of_sets(new, [plan.by_id[seat_id] for seat_id in lost])
            if best is None or distance < best[0]:
                best = (distance, tuple(seat.id for seat in new))
    return best[1] if best else None


def _one_by_one(
    plan: SeatPlan, lost: Sequence[int], kept: Sequence[int], taken: Collection[int]
) -> tuple[int, ...] | None:
    used = set(kept) | set(lost)
    chosen: list[Seat] = []
    for seat_id in lost:
        old = plan.by_id[seat_id]
        near = [plan.by_id[other] for other in kept] + chosen or [old]
        free = [
            seat
            for seat in plan.seats
            if seat.kind == old.kind and seat.id not in taken and seat.id not in used
        ]
        if not free:
            return None
        new = min(free, key=lambda seat: (_distance_to_nearest(seat, near), _distance(seat, old), seat.id))
        chosen.append(new)
        used.add(new.id)
    if not plan.keeps_love_seats_whole({seat.id for seat in chosen} | set(kept)):
        return None
    return tuple(seat.id for seat in _in_plan_order(chosen))


def _distance_to_nearest(seat: Seat, others: Sequence[Seat]) -> float:
    return min(_distance(seat, other) for other in others)


def _distance(one: Seat, other: Seat) -> float:
    """Return the distance between the centres of two seats."""
    columns = one.column + one.width / 2 - other.column - other.width / 2
    return weights.distance(one.row_index - other.row_index, columns)


def _distance_of_sets(one: Sequence[Seat], other: Sequence[Seat]) -> float:
    """Return the sum of the distances, seat by seat in the order of the plan."""
    pairs = zip(_in_plan_order(one), _in_plan_order(other), strict=True)
    return sum(_distance(a, b) for a, b in pairs)


def _in_plan_order(seats: Sequence[Seat]) -> list[Seat]:
    return sorted(seats, key=lambda seat: (seat.row_index, seat.column))
