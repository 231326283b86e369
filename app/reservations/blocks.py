"""A row of seats as people see it: blocks of seats side by side, with aisles and walls between them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.core.cache import Cache
from app.events.service import Seat, SeatPlan

STANDARD = "standard"


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """A room's blocks; `where` gives for each seat its block and its place in it. Compared by identity."""

    blocks: tuple[tuple[Seat, ...], ...]
    where: dict[int, tuple[int, int]]

    def neighbours(self, seat_id: int) -> Iterator[Seat]:
        number, place = self.where[seat_id]
        block = self.blocks[number]
        if place > 0:
            yield block[place - 1]
        if place + 1 < len(block):
            yield block[place + 1]

    def runs(self, seat_ids: Iterable[int]) -> list[tuple[int, int, int]]:
        """The chosen seats as runs side by side: (block, first place, how many)."""
        runs: list[tuple[int, int, int]] = []
        for number, place in sorted(self.where[seat_id] for seat_id in seat_ids):
            if runs and runs[-1][0] == number and runs[-1][1] + runs[-1][2] == place:
                runs[-1] = (number, runs[-1][1], runs[-1][2] + 1)
            else:
                runs.append((number, place, 1))
        return runs

    def ids(self, block: int, first: int, count: int) -> tuple[int, ...]:
        return tuple(seat.id for seat in self.blocks[block][first : first + count])


def _build(rows: tuple[tuple[Seat, ...], ...]) -> Blocks:
    blocks: list[tuple[Seat, ...]] = []
    for row in rows:
        current: list[Seat] = []
        for seat in row:
            if current and seat.column != current[-1].column + current[-1].width:
                blocks.append(tuple(current))
                current = []
            current.append(seat)
        if current:
            blocks.append(tuple(current))
    where = {
        seat.id: (number, place) for number, block in enumerate(blocks) for place, seat in enumerate(block)
    }
    return Blocks(tuple(blocks), where)


# Computed of the plan alone: an entry of a plan that has changed is never asked for again.
_BLOCKS: Cache[SeatPlan, Blocks] = Cache("seat blocks", most=64)


def blocks_of(plan: SeatPlan) -> Blocks:
    """The blocks of `plan`, computed once."""
    return _BLOCKS.get(plan, lambda: _build(plan.rows))
