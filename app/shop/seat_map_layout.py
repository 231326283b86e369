"""The places of a seat map's boxes as CSS classes; seat_places.css and map_widths.css have the classes. Without I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.shop.seat_cells import Cell, Row

SEAT_UNITS, AISLE_UNITS = 25, 20
PLACES = 24  # across the map, each with a half place
FEWEST_ACROSS, MOST_ACROSS = 4, 80  # the screen is as wide as four seats at least
LONG_FROM = 24  # seats across
# On a phone of 360 px a unit is a pixel at least, and half a letter of a longer row name six pixels.
PHONE_UNITS, NAME_UNITS, LETTER_UNITS = 351, 13, 6
_KINDS = {"wheelchair": " w", "companion": " c", "love": " l", "wide": " b"}


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a map. Those in `used` have a seat in some row, the others are aisles; `left` are left edges."""

    first: int
    last: int
    used: frozenset[int]
    left: Mapping[int, int]
    name_width: int

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Layout:
        cells = [cell for row in rows for cell in row.cells]
        first = min(cell.column for cell in cells)
        last = max(cell.column + cell.width for cell in cells)
        used = {column for cell in cells for column in (cell.column, cell.column + cell.width - 1)}
        left, edge = {}, 0
        for column in range(first, last + 1):
            left[column] = edge
            edge += SEAT_UNITS if column in used else AISLE_UNITS
        return cls(first, last, frozenset(used), left, max(row.label_width for row in rows))

    @property
    def units(self) -> int:
        """The width of the map in units."""
        return self.left[self.last]

    @property
    def classes(self) -> str:
        """The classes of the map itself: its width in seats, and whether it pans on a phone."""
        across = max(FEWEST_ACROSS, min((self.units + SEAT_UNITS - 1) // SEAT_UNITS, MOST_ACROSS))
        tens, ones = divmod(across, 10)
        name = self.name_width * LETTER_UNITS if self.name_width > 2 else NAME_UNITS
        pans = across * SEAT_UNITS + 2 * name > PHONE_UNITS
        return " ".join(
            name
            for name, given in (
                (f"tens-{tens}", tens),
                (f"ones-{ones}", ones),
                (f"names-{self.name_width}", self.name_width > 2),
                ("pans", pans),
                ("long", across >= LONG_FROM),
            )
            if given
        )

    def box(self, cell: Cell, end: int, vip_zone: str) -> str:
        """The classes of a box: place, gap after the column `end` of the box before it, shape, length of its name."""
        middle = self.left[cell.column] + cell.width * SEAT_UNITS / 2
        place = int(middle * 2 * PLACES / self.units + 1) // 2
        letters = len(cell.short_name)
        size = (
            " k" if letters > 5 and cell.width < 2 else " nn" if letters > 4 else " n" if letters > 3 else ""
        )
        vip = " v" if cell.zone == vip_zone else ""
        return f"p{place}{self.gap(end, cell.column)}{_KINDS.get(cell.kind, '')}{vip}{size}"

    def gap(self, end: int, column: int) -> str:
        """The classes of the gap between the columns `end` and `column`: g1 to g12 for seats, a to aaa for aisles."""
        missing = sum(1 for between in range(end, column) if between in self.used)
        aisles = max(0, column - end) - missing
        return (f" g{min(missing, 12)}" if missing else "") + (f" {'a' * min(aisles, 3)}" if aisles else "")
