"""The single-seat rule: do not leave one empty seat between people, if moving along by a seat avoids it. Pure.

Only a standard seat counts: a love seat holds two, a wheelchair space or a wide seat is looked for by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from app.events.service import SeatPlan
from app.reservations.blocks import STANDARD, Blocks, blocks_of


def lone_seats(plan: SeatPlan, chosen: Collection[int], taken: Collection[int]) -> tuple[int, ...]:
    """The standard seats that `chosen` would leave empty with nobody able to sit beside them.

    A seat that had no free neighbour before is not the choice's doing.
    """
    blocks = blocks_of(plan)
    mine = frozenset(chosen)
    lone = set()
    for seat_id in mine:
        for beside in blocks.neighbours(seat_id):
            if beside.kind != STANDARD or beside.id in mine or beside.id in taken:
                continue
            if all(other.id in mine or other.id in taken for other in blocks.neighbours(beside.id)):
                lone.add(beside.id)
    return tuple(sorted(lone, key=lambda seat_id: blocks.where[seat_id]))


def looked_at(plan: SeatPlan, chosen: Collection[int]) -> tuple[int, ...]:
    """The seats on which the rule depends: those of the blocks in which `chosen` lie."""
    blocks = blocks_of(plan)
    numbers = {blocks.where[seat_id][0] for seat_id in chosen}
    return tuple(seat.id for number in sorted(numbers) for seat in blocks.blocks[number])


def suggest_shift(
    plan: SeatPlan, chosen: Collection[int], taken: Collection[int], prices: Mapping[int, int] | None = None
) -> tuple[int, ...] | None:
    """Seats as good as `chosen` that leave no single one empty; None when there are none, or no need.

    As good: each run of seats stays together in its block, with the same kinds and prices (`prices` by zone), moved
    along by as little as possible, towards the middle of the block first.
    """
    if not lone_seats(plan, chosen, taken):
        return None
    blocks = blocks_of(plan)
    runs = blocks.runs(chosen)
    for moved in sorted(_single_moves(blocks, runs), key=lambda move: move[0]):
        _, index, first = moved
        seats = _with_run(blocks, runs, index, first)
        if (
            _free_and_as_good(plan, blocks, runs[index], first, chosen, taken, prices)
            and len(set(seats)) == len(set(chosen))
            and plan.whole(seats)
            and not lone_seats(plan, seats, taken)
        ):
            return seats
    return None


def _single_moves(
    blocks: Blocks, runs: list[tuple[int, int, int]]
) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Every way to move one run along in its block: ((distance, from the middle), run, first place)."""
    for index, (block, first, count) in enumerate(runs):
        length = len(blocks.blocks[block])
        for place in range(length - count + 1):
            if place != first:
                yield (abs(place - first), abs(2 * place + count - length)), index, place


def _with_run(blocks: Blocks, runs: list[tuple[int, int, int]], index: int, first: int) -> tuple[int, ...]:
    seats: list[int] = []
    for number, (block, place, count) in enumerate(runs):
        seats.extend(blocks.ids(block, first if number == index else place, count))
    return tuple(seats)


def _free_and_as_good(
    plan: SeatPlan,
    blocks: Blocks,
    run: tuple[int, int, int],
    first: int,
    chosen: Collection[int],
    taken: Collection[int],
    prices: Mapping[int, int] | None,
) -> bool:
    block, place, count = run
    before, after = blocks.ids(block, place, count), blocks.ids(block, first, count)
    others = frozenset(chosen) - frozenset(before)
    if any(seat_id in taken or seat_id in others for seat_id in after):
        return False

    def worth(seat_id: int) -> tuple[str, int]:
        seat = plan.by_id[seat_id]
        return seat.kind, prices.get(seat.zone_id, 0) if prices is not None else seat.zone_id

    return sorted(map(worth, before)) == sorted(map(worth, after))
