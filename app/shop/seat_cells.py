"""The checkboxes of a seat map, row by row: the seats, the price and the names of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from flask_babel import gettext as _

from app.core.money import format_money
from app.core.seat_names import long_name, short_name, spoken_name
from app.events.service import Screening, Seat, SeatPlan
from app.shop import labels
from app.web.locale import locale

PLAIN_ZONE = "standard"
VIP_ZONE = "vip"


@dataclass(frozen=True, slots=True)
class Cell:
    """A checkbox of the map: a seat, or a love seat, whose two places are sold together."""

    seats: tuple[Seat, ...]
    price: int
    state: str = "free"
    label: str = ""

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(seat.id for seat in self.seats)

    @property
    def id(self) -> str:
        return "-".join(str(seat.id) for seat in self.seats)

    @property
    def last(self) -> str:
        """The number of a love seat's other place."""
        return self.seats[1].number if len(self.seats) > 1 else ""

    @property
    def short_name(self) -> str:
        """The name within its section, as the map draws it."""
        return short_name(self.seats[0].row_label, self.seats[0].number, self.last)

    @property
    def name(self) -> str:
        return f"{self.section} {self.short_name}".strip()

    @property
    def section(self) -> str:
        return self.seats[0].section

    @property
    def box_id(self) -> str:
        """The box's id on the page: its name without blanks."""
        section = "_".join(self.section.split())
        return f"{section}:{self.short_name}" if section else self.short_name

    @property
    def number(self) -> str:
        return f"{self.seats[0].number}/{self.last}" if self.last else self.seats[0].number

    @property
    def place(self) -> str:
        """`Row F, seat 7`."""
        first = self.seats[0]
        return long_name(locale(), first.row_label, first.number, first.section, self.last)

    @property
    def spoken_name(self) -> str:
        """The name for screen readers: `F7`, but `Row 11, seat 1`."""
        first = self.seats[0]
        return spoken_name(locale(), first.row_label, first.number, first.section, self.last)

    @property
    def data_attributes(self) -> dict[str, str]:
        """The names that the page's scripts need, if they differ from the box's id: short, whole, spoken."""
        attributes = {"data-s": self.short_name, "data-name": self.name} if self.section else {}
        return attributes if self.spoken_name == self.name else attributes | {"data-heard": self.spoken_name}

    @property
    def for_sale(self) -> bool:
        return all(seat.for_sale for seat in self.seats)

    @property
    def column(self) -> int:
        return self.seats[0].column

    @property
    def width(self) -> int:
        return sum(seat.width for seat in self.seats)

    @property
    def kind(self) -> str:
        return self.seats[0].kind

    @property
    def zone(self) -> str:
        return self.seats[0].zone_code


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the map. It has the name and price of a zone or section if that begins with this row."""

    label: str
    cells: tuple[Cell, ...]
    zone_name: str | None
    zone_price_label: str | None

    @property
    def label_width(self) -> int:
        """The width of the row's name beside the map, in half letters, from 2 (one letter) to 8."""
        wide = sum(
            2.0 if letter in "MWmw" else 1.25 if letter in "1IiJjlt.-" else 1.4 if letter.isdigit() else 1.6
            for letter in self.label
        )
        return 2 if len(self.label) < 2 else min(8, ceil(wide + 0.5))

    @property
    def spoken_name(self) -> str:
        """`Row F`, or `Balcão, row 1`."""
        name = _("Row %(row)s", row=self.label)
        sections = {cell.section for cell in self.cells}
        section = sections.pop() if len(sections) == 1 else ""
        return f"{section}, {name[:1].lower()}{name[1:]}" if section else name


def rows_of(screening: Screening, plan: SeatPlan) -> list[Row]:
    """The rows from the screen back, with a zone's name and price where the zone changes."""
    rows: list[Row] = []
    names = {zone.id: zone.name_in(locale()) for zone in plan.zones}
    before: int | None = None
    section_before = ""
    for seats in plan.rows:
        zone = seats[0].zone_id
        # The legend has the first zone's price, unless that is not the standard zone.
        is_named = before != zone and (before is not None or seats[0].zone_code != PLAIN_ZONE)
        price = format_money(screening.prices[zone], locale()) if _is_sold(screening, seats, zone) else None
        heading = names.get(zone) if is_named else None
        section = ", ".join(dict.fromkeys(seat.section for seat in seats if seat.section))
        if section != section_before:
            heading = " · ".join(part for part in (section, heading) if part)
        rows.append(Row(seats[0].row_label, cells_of(screening, seats), heading, price if is_named else None))
        before, section_before = zone, section
    return rows


def _is_sold(screening: Screening, seats: Sequence[Seat], zone: int) -> bool:
    return zone in screening.prices and any(seat.for_sale for seat in seats if seat.zone_id == zone)


def cells_of(screening: Screening, seats: Sequence[Seat]) -> tuple[Cell, ...]:
    """The row's checkboxes; the two places of a love seat share one."""
    halves = {seat.companion_of: seat for seat in seats if seat.kind == "love" and seat.companion_of}
    cells = []
    for seat in seats:
        if seat in halves.values():
            continue
        pair = (seat, halves[seat.id]) if seat.id in halves else (seat,)
        cells.append(Cell(pair, sum(screening.prices.get(one.zone_id, 0) for one in pair)))
    return tuple(cells)


def kind_label(cell: Cell) -> str:
    """The label of the seat's kind or zone; empty for a standard seat."""
    return labels.seat_kind(cell.kind) or ("VIP" if cell.zone == VIP_ZONE else "")


def seat_label(cell: Cell) -> str:
    """`F7`, or `J1/2, love seat for two`."""
    return ", ".join(part for part in (cell.spoken_name, kind_label(cell)) if part)


def free_label(cell: Cell) -> str:
    return _("%(seat)s, free, %(price)s", seat=seat_label(cell), price=format_money(cell.price, locale()))


def taken_label(cell: Cell) -> str:
    return _("%(seat)s, taken", seat=seat_label(cell))
