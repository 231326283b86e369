"""Auditoriums as text: one string a row, one letter a grid column, from the screen back.

`s` a seat, `_` an aisle, `W` a wheelchair space, `C` the companion's seat next to one, `Bb` a wide seat over two
columns, `LL` a love seat: two places side by side, each with its own ticket.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

_KINDS = {"s": "standard", "W": "wheelchair", "C": "companion", "B": "wide", "L": "love"}


class PlanError(ValueError):
    """The plan of an auditorium is wrong; the message names row and reason. `line` is the line of its file, if known.

    `faults` has one error for everything that is wrong with the plan; a single error contains itself.
    """

    def __init__(self, message: str, line: int | None = None, faults: Sequence[PlanError] = ()) -> None:
        super().__init__(message)
        self.line = line
        self.faults: tuple[PlanError, ...] = tuple(faults) or (self,)

    @classmethod
    def of(cls, faults: Sequence[PlanError]) -> PlanError:
        """Return one error for all `faults`."""
        return cls("; ".join(str(fault) for fault in faults), faults[0].line, faults)


@dataclass(frozen=True, slots=True)
class PlannedSeat:
    """A seat of a plan. `companion_of` is the column of its wheelchair space, or of the other place of its love seat.

    `section` is a part of the auditorium, empty if row and number are unique.
    """

    row_label: str
    row_index: int
    number: str
    column: int
    width: int
    kind: str
    zone: str
    companion_of: int | None
    section: str = ""
    for_sale: bool = True


@dataclass(frozen=True, slots=True)
class AuditoriumPlan:
    """The plan of an auditorium. `zone_names`: Portuguese and English by code. `note`: a remark for the manager."""

    seats: tuple[PlannedSeat, ...]
    zone_names: dict[str, tuple[str, str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row as text. `line` is its line in the file."""

    label: str
    cells: str
    zone: str = "standard"
    line: int | None = field(default=None, kw_only=True)


def seats_of(rows: Sequence[PlannedRow]) -> list[PlannedSeat]:
    """Return all seats of the rows, numbered from the left in each row. Raises PlanError."""
    seats: list[PlannedSeat] = []
    faults: list[PlanError] = []
    labels: set[str] = set()
    for index, row in enumerate(rows):
        if row.label in labels:
            faults.append(PlanError(f"row {row.label} appears twice", row.line))
        labels.add(row.label)
        try:
            seats += _seats_of_row(index, row)
        except PlanError as fault:
            faults.append(fault)
    if faults:
        raise PlanError.of(faults)
    return seats


def _seats_of_row(index: int, row: PlannedRow) -> list[PlannedSeat]:
    seats: list[PlannedSeat] = []
    cells = row.cells
    for column, letter in enumerate(cells):
        if letter in "_.- ":
            continue
        if letter == "b":
            if column == 0 or cells[column - 1] != "B":
                raise PlanError(f"row {row.label}: `b` at column {column + 1} must follow `B`", row.line)
            continue
        if letter not in _KINDS:
            raise PlanError(
                f"row {row.label}: {letter!r} at column {column + 1} is no kind of seat", row.line
            )
        if letter == "B" and cells[column + 1 : column + 2] != "b":
            raise PlanError(f"row {row.label}: `B` at column {column + 1} must be followed by `b`", row.line)
        seats.append(
            PlannedSeat(
                row_label=row.label,
                row_index=index,
                number=str(len(seats) + 1),
                column=column,
                width=2 if letter == "B" else 1,
                kind=_KINDS[letter],
                zone=row.zone,
                companion_of=_partner(row, column, letter),
            )
        )
    return seats


def _partner(row: PlannedRow, column: int, letter: str) -> int | None:
    cells = row.cells
    if letter == "C":
        for neighbour in (column - 1, column + 1):
            if 0 <= neighbour < len(cells) and cells[neighbour] == "W":
                return neighbour
        raise PlanError(
            f"row {row.label}: the companion's seat at column {column + 1} is not next to a `W`", row.line
        )
    if letter == "L":
        before = len(cells[:column]) - len(cells[:column].rstrip("L"))
        if before % 2:
            return column - 1
        if cells[column + 1 : column + 2] != "L":
            raise PlanError(
                f"row {row.label}: the love seat at column {column + 1} has one half only", row.line
            )
    return None


def in_order(seats: Sequence[PlannedSeat]) -> list[PlannedSeat]:
    """Return the seats by row and column, ignoring `for_sale`: equal lists mean the same places."""
    return sorted(
        (replace(seat, for_sale=True) for seat in seats), key=lambda seat: (seat.row_index, seat.column)
    )


def not_for_sale(seats: Sequence[PlannedSeat]) -> set[tuple[int, int]]:
    """Return row index and column of the seats that are not for sale."""
    return {(seat.row_index, seat.column) for seat in seats if not seat.for_sale}


def zones_for_sale(seats: Sequence[PlannedSeat]) -> frozenset[str]:
    """Return the codes of the zones with seats for sale, which need a price."""
    return frozenset(seat.zone for seat in seats if seat.for_sale)


def turned(seats: Sequence[PlannedSeat]) -> tuple[PlannedSeat, ...]:
    """Return the seats of the plan rotated by 180 degrees: the first row is the last, left is right."""
    last = max(seat.row_index for seat in seats)
    end = max(seat.column + seat.width for seat in seats)
    width = {(seat.row_index, seat.column): seat.width for seat in seats}
    return tuple(
        replace(
            seat,
            row_index=last - seat.row_index,
            column=end - seat.column - seat.width,
            companion_of=None
            if seat.companion_of is None
            else end - seat.companion_of - width[seat.row_index, seat.companion_of],
        )
        for seat in seats
    )


def code_of(name: str) -> str:
    """Return a name as a code: `VIP Lounge` becomes `vip-lounge`."""
    plain = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "zone"
