"""What to offer for seats that somebody else got first: beside the kept ones, else as near as can be. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.events.service import Seat, SeatPlan
from app.reservations.blocks import blocks_of

MOST = 2
ROW_WEIGHT = 2.0


def nearest_free(
    plan: SeatPlan, lost: Sequence[int], kept: Sequence[int], taken: Collection[int]
) -> list[tuple[int, ...]]:
    """Up to two sets of free seats that replace `lost`, nearest first; empty when the room has no such seats left.

    Replacements are of the same kind as what was lost. All together in one block comes before anything else.
    """
    wanted = [plan.by_id[seat_id] for seat_id in (*lost, *kept)]
    found: list[tuple[int, ...]] = []
    together = _together(plan, wanted, lost, kept, taken)
    if together is not None:
        found.append(together)
    apart = _one_by_one(plan, lost, kept, taken)
    if apart is not None and all(set(apart) != set(other) for other in found):
        found.append(apart)
    return found[:MOST]


def _together(
    plan: SeatPlan, wanted: list[Seat], lost: Sequence[int], kept: Sequence[int], taken: Collection[int]
) -> tuple[int, ...] | None:
    kinds = sorted(plan.by_id[seat_id].kind for seat_id in lost)
    best: tuple[float, tuple[int, ...]] | None = None
    for block in blocks_of(plan).blocks:
        for first in range(len(block) - len(wanted) + 1):
            window = block[first : first + len(wanted)]
            ids = {seat.id for seat in window}
            if not ids.issuperset(kept):
                continue
            new = [seat for seat in window if seat.id not in kept]
            if any(seat.id in taken for seat in new) or sorted(seat.kind for seat in new) != kinds:
                continue
            if not plan.whole(ids):
                continue
            off = _apart(new, [plan.by_id[seat_id] for seat_id in lost])
            if best is None or off < best[0]:
                best = (off, tuple(seat.id for seat in new))
    return best[1] if best else None


def _one_by_one(
    plan: SeatPlan, lost: Sequence[int], kept: Sequence[int], taken: Collection[int]
) -> tuple[int, ...] | None:
    used = set(kept) | set(lost)
    chosen: list[Seat] = []
    for seat_id in lost:
        gone = plan.by_id[seat_id]
        near = [plan.by_id[other] for other in kept] + chosen or [gone]
        free = [
            seat
            for seat in plan.seats
            if seat.kind == gone.kind and seat.id not in taken and seat.id not in used
        ]
        if not free:
            return None
        pick = min(free, key=lambda seat: (_to_nearest(seat, near), _distance(seat, gone), seat.id))
        chosen.append(pick)
        used.add(pick.id)
    if not plan.whole({seat.id for seat in chosen} | set(kept)):
        return None
    return tuple(seat.id for seat in sorted(chosen, key=lambda seat: (seat.row_index, seat.column)))


def _to_nearest(seat: Seat, others: Sequence[Seat]) -> float:
    return min(_distance(seat, other) for other in others)


def _distance(one: Seat, other: Seat) -> float:
    return abs(one.row_index - other.row_index) * ROW_WEIGHT + abs(
        one.column + one.width / 2 - other.column - other.width / 2
    )


def _apart(one: Sequence[Seat], other: Sequence[Seat]) -> float:
    """How far two sets lie from each other: seat by seat, in their order."""

    def in_order(seats: Sequence[Seat]) -> list[Seat]:
        return sorted(seats, key=lambda seat: (seat.row_index, seat.column))

    return sum(_distance(a, b) for a, b in zip(in_order(one), in_order(other), strict=True))
