"""Divide a seat plan into blocks: seats of a row side by side, without an aisle between them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from app.events.service import Seat, SeatPlan

STANDARD = "standard"


class Run(NamedTuple):
    """Chosen seats side by side: the number of their block, the index of the first one in it, how many."""

    block: int
    first: int
    quantity: int


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """The blocks of a seat plan. `positions`: seat id to (number of its block, index in it). Compared by identity."""

    blocks: tuple[tuple[Seat, ...], ...]
    positions: dict[int, tuple[int, int]]

    def neighbours(self, seat_id: int) -> Iterator[Seat]:
        """Yield the one or two seats beside a seat in its block."""
        number, index = self.positions[seat_id]
        block = self.blocks[number]
        if index > 0:
            yield block[index - 1]
        if index + 1 < len(block):
            yield block[index + 1]

    def runs(self, seat_ids: Iterable[int]) -> list[Run]:
        """Group seats into runs."""
        runs: list[Run] = []
        for number, index in sorted(self.positions[seat_id] for seat_id in seat_ids):
            last = runs[-1] if runs else None
            if last is not None and last.block == number and last.first + last.quantity == index:
                runs[-1] = last._replace(quantity=last.quantity + 1)
            else:
                runs.append(Run(number, index, 1))
        return runs

    def seat_ids(self, run: Run) -> tuple[int, ...]:
        return tuple(seat.id for seat in self.blocks[run.block][run.first : run.first + run.quantity])


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
    positions = {
        seat.id: (number, index) for number, block in enumerate(blocks) for index, seat in enumerate(block)
    }
    return Blocks(tuple(blocks), positions)


@lru_cache(maxsize=64)
def blocks_of(plan: SeatPlan) -> Blocks:
    """Return the blocks of a seat plan; those of the plans used last are kept."""
    return _build(plan.rows)
