"""Rooms as text: one string a row, one letter a grid column, from the screen back.

`s` a seat, `_` an aisle, `W` a wheelchair space, `C` the companion's seat next to one, `Bb` a wide seat over two
columns, `LL` a love seat: two places side by side, each with its own ticket.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

_KINDS = {"s": "standard", "W": "wheelchair", "C": "companion", "B": "wide", "L": "love"}


class BadRoom(ValueError):
    """The text of a room cannot be read; the message says which row and why. `line`: of its own file, if it has one.

    `faults` holds one for everything that is wrong with the room, itself where it is the only one.
    """

    def __init__(self, message: str, line: int | None = None, faults: Sequence[BadRoom] = ()) -> None:
        super().__init__(message)
        self.line = line
        self.faults: tuple[BadRoom, ...] = tuple(faults) or (self,)

    @classmethod
    def of(cls, faults: Sequence[BadRoom]) -> BadRoom:
        """All of `faults` as one."""
        return cls("; ".join(str(fault) for fault in faults), faults[0].line, faults)


@dataclass(frozen=True, slots=True)
class PlannedSeat:
    """`companion_of` is the column, in the same row, of the wheelchair space or of the love seat's other half.

    `section` is the part of the room, empty where row and number are enough; `for_sale` is False for house seats.
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
class RoomPlan:
    """`zone_names`: Portuguese and English by zone code. `note`: what the manager should know of how it was read."""

    seats: tuple[PlannedSeat, ...]
    zone_names: dict[str, tuple[str, str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """`line` is where its file says it."""

    label: str
    cells: str
    zone: str = "standard"
    line: int | None = field(default=None, kw_only=True)


def seats_of(rows: Sequence[PlannedRow]) -> list[PlannedSeat]:
    """All seats of the room, numbered from the left in each row. Raises BadRoom."""
    seats: list[PlannedSeat] = []
    faults: list[BadRoom] = []
    labels: set[str] = set()
    for index, row in enumerate(rows):
        if row.label in labels:
            faults.append(BadRoom(f"row {row.label} appears twice", row.line))
        labels.add(row.label)
        try:
            seats += _seats_of_row(index, row)
        except BadRoom as fault:
            faults.append(fault)
    if faults:
        raise BadRoom.of(faults)
    return seats


def _seats_of_row(index: int, row: PlannedRow) -> list[PlannedSeat]:
    seats: list[PlannedSeat] = []
    cells = row.cells
    for column, letter in enumerate(cells):
        if letter in "_.- ":
            continue
        if letter == "b":
            if column == 0 or cells[column - 1] != "B":
                raise BadRoom(f"row {row.label}: `b` at column {column + 1} must follow `B`", row.line)
            continue
        if letter not in _KINDS:
            raise BadRoom(f"row {row.label}: {letter!r} at column {column + 1} is no kind of seat", row.line)
        if letter == "B" and cells[column + 1 : column + 2] != "b":
            raise BadRoom(f"row {row.label}: `B` at column {column + 1} must be followed by `b`", row.line)
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
        raise BadRoom(
            f"row {row.label}: the companion's seat at column {column + 1} is not next to a `W`", row.line
        )
    if letter == "L":
        before = len(cells[:column]) - len(cells[:column].rstrip("L"))
        if before % 2:
            return column - 1
        if cells[column + 1 : column + 2] != "L":
            raise BadRoom(
                f"row {row.label}: the love seat at column {column + 1} has one half only", row.line
            )
    return None


def in_order(seats: Sequence[PlannedSeat]) -> list[PlannedSeat]:
    """By row and column, for sale or not: two plans have the same places when these are the same."""
    return sorted(
        (replace(seat, for_sale=True) for seat in seats), key=lambda seat: (seat.row_index, seat.column)
    )


def not_for_sale(seats: Sequence[PlannedSeat]) -> set[tuple[int, int]]:
    """Row index and column of the seats that are not sold."""
    return {(seat.row_index, seat.column) for seat in seats if not seat.for_sale}


def zones_for_sale(seats: Sequence[PlannedSeat]) -> frozenset[str]:
    """The codes of the zones that need a price."""
    return frozenset(seat.zone for seat in seats if seat.for_sale)


def turned(seats: Sequence[PlannedSeat]) -> tuple[PlannedSeat, ...]:
    """The room drawn from its other end, as if the sheet were turned round: left and right change places too."""
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
    """A name as a code: `VIP Lounge` becomes `vip-lounge`."""
    plain = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "zone"
