"""The single-seat rule: do not leave one seat empty between others if a shift in the row avoids it. Pure.

Only standard seats count: a love seat is for two people, and wheelchair spaces and wide seats are chosen on purpose.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from app.reservations.seat_finding.blocks import STANDARD, Blocks, Run, blocks_of

if TYPE_CHECKING:
    from app.events.service import SeatPlan


def single_seats_left(plan: SeatPlan, chosen: Collection[int], taken: Collection[int]) -> tuple[int, ...]:
    """Return the standard seats that `chosen` would leave empty without a free neighbour.

    Seats that have no free neighbour already are not returned.
    """
    blocks = blocks_of(plan)
    own = frozenset(chosen)
    single = set()
    for seat_id in own:
        for beside in blocks.neighbours(seat_id):
            if beside.kind != STANDARD or beside.id in own or beside.id in taken:
                continue
            if all(other.id in own or other.id in taken for other in blocks.neighbours(beside.id)):
                single.add(beside.id)
    return tuple(sorted(single, key=lambda seat_id: blocks.positions[seat_id]))


def seats_that_matter(plan: SeatPlan, chosen: Collection[int]) -> tuple[int, ...]:
    """Return the seats on which the rule depends: those of the blocks that contain `chosen`."""
    blocks = blocks_of(plan)
    numbers = {blocks.positions[seat_id][0] for seat_id in chosen}
    return tuple(seat.id for number in sorted(numbers) for seat in blocks.blocks[number])


def suggest_shift(
    plan: SeatPlan, chosen: Collection[int], taken: Collection[int], prices: Mapping[int, int] | None = None
) -> tuple[int, ...] | None:
    """Return equivalent seats that leave no single one empty; None if there are none, or `chosen` leave none.

    One run of seats is shifted in its block, keeping kinds and prices (`prices` in centavos by zone id): by as few
    seats as possible, and nearest to the middle of the block among those.
    """
    if not single_seats_left(plan, chosen, taken):
        return None
    blocks = blocks_of(plan)
    runs = blocks.runs(chosen)
    for _, index, shifted in sorted(_shifts(blocks, runs), key=lambda shift: shift[0]):
        seats = tuple(
            seat_id
            for number, run in enumerate(runs)
            for seat_id in blocks.seat_ids(shifted if number == index else run)
        )
        if (
            _is_free_and_equivalent(
                plan, blocks.seat_ids(runs[index]), blocks.seat_ids(shifted), chosen, taken, prices
            )
            and len(set(seats)) == len(set(chosen))
            and plan.keeps_love_seats_whole(seats)
            and not single_seats_left(plan, seats, taken)
        ):
            return seats
    return None


def _shifts(blocks: Blocks, runs: list[Run]) -> Iterator[tuple[tuple[int, int], int, Run]]:
    """Yield every shift of one run in its block: ((seats shifted, off the middle), index of the run, shifted run)."""
    for index, run in enumerate(runs):
        length = len(blocks.blocks[run.block])
        for first in range(length - run.quantity + 1):
            if first != run.first:
                off_middle = abs(2 * first + run.quantity - length)
                yield (abs(first - run.first), off_middle), index, run._replace(first=first)


def _is_free_and_equivalent(
    plan: SeatPlan,
    before: Collection[int],
    after: Collection[int],
    chosen: Collection[int],
    taken: Collection[int],
    prices: Mapping[int, int] | None,
) -> bool:
    others = frozenset(chosen) - frozenset(before)
    if any(seat_id in taken or seat_id in others for seat_id in after):
        return False

    def kind_and_price(seat_id: int) -> tuple[str, int]:
        seat = plan.by_id[seat_id]
        return seat.kind, prices.get(seat.zone_id, 0) if prices is not None else seat.zone_id

    return sorted(map(kind_and_price, before)) == sorted(map(kind_and_price, after))
