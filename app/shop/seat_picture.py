"""The picture of a room, drawn once and filled in for each visitor.

Drawing 300 seats costs more than everything else on the page, and nothing of it changes but the state of a seat. So
the markup is drawn once for a room, its prices and the language, cut where a seat's state and words stand, and joined
again with the states of the moment. It holds no token and nobody's name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import ceil

from flask import render_template
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.core.money import format_money, format_money_short
from app.core.seat_names import heard_name, long_name, short_name
from app.events import service as events
from app.events.service import Screening, Seat, SeatPlan
from app.shop import words
from app.shop.seat_moments import Moment
from app.web.language import locale

PLAIN_ZONE = "standard"
VIP_ZONE = "vip"
_MOST = 200


@dataclass(frozen=True, slots=True)
class Cell:
    """One box to tick: a seat, or a love seat, whose two places are sold together. `value` is what the form sends."""

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
        """As the map draws it, within its section."""
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
    def heard(self) -> str:
        """For who listens: `F7`, but `Row 11, seat 1`."""
        first = self.seats[0]
        return heard_name(locale(), first.row_label, first.number, first.section, self.last)

    @property
    def names(self) -> dict[str, str]:
        """What its box tells the page's scripts, where that is more than its id: drawn, in a list, to who listens."""
        told = {"data-s": self.short_name, "data-name": self.name} if self.section else {}
        return told if self.heard == self.name else told | {"data-heard": self.heard}

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
    """`zone_name` (a zone's or a section's) and its price: where they begin."""

    label: str
    cells: tuple[Cell, ...]
    zone_name: str | None
    zone_price_label: str | None

    @property
    def label_width(self) -> int:
        """How wide its name is drawn beside the map, in half letters, up to four letters: 2 for one."""
        wide = sum(
            2.0 if sign in "MWmw" else 1.25 if sign in "1IiJjlt.-" else 1.4 if sign.isdigit() else 1.6
            for sign in self.label
        )
        return 2 if len(self.label) < 2 else min(8, ceil(wide + 0.5))

    @property
    def heard(self) -> str:
        """`Row F`, or `Balcão, row 1`."""
        name = _("Row %(row)s", row=self.label)
        sections = {cell.section for cell in self.cells}
        section = sections.pop() if len(sections) == 1 else ""
        return f"{section}, {name[:1].lower()}{name[1:]}" if section else name


@dataclass(frozen=True, slots=True)
class Marks:
    """What one visitor sees otherwise than all: seats chosen, just lost, or held in an order of their own."""

    chosen: Collection[int] = ()
    lost: Collection[int] = ()
    mine: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A room as drawn: `pieces`, and between them a hole for each of `boxes`, which are seat ids."""

    plan: SeatPlan
    pieces: tuple[str, ...]
    boxes: tuple[tuple[int, ...], ...]
    free_words: tuple[str, ...]
    taken_words: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    facts: str

    def fill(self, taken: Collection[int], marks: Marks) -> Markup:
        parts = [self.pieces[0]]
        chosen = frozenset(marks.chosen)
        gone = frozenset(taken) | frozenset(marks.lost) | frozenset(marks.mine)
        for index, ids in enumerate(self.boxes):
            if not gone.isdisjoint(ids):
                extra = " lost" if any_of(ids, marks.lost) else " m" if any_of(ids, marks.mine) else ""
                parts.append(extra + self.taken_words[index])
            elif chosen.isdisjoint(ids):
                parts.append(self.free_words[index])
            else:
                parts.append('" checked' + self.free_words[index][1:])
            parts.append(self.pieces[index + 1])
        return Markup("".join(parts))  # noqa: S704 (drawn by our own templates)


def any_of(ids: Sequence[int], among: Collection[int]) -> bool:
    return any(seat_id in among for seat_id in ids)


def state_of(cell: Cell, taken: Collection[int], marks: Marks) -> str:
    if any_of(cell.ids, marks.lost):
        return "lost"
    if any_of(cell.ids, marks.mine):
        return "mine"
    if any_of(cell.ids, taken):
        return "taken"
    return "chosen" if any_of(cell.ids, marks.chosen) else "free"


_HOLE = re.compile(r'" aria-label="@(\d+)@"')
_pictures: dict[tuple[int, tuple[tuple[int, int], ...], str], Picture] = {}


def picture(screening: Screening) -> Picture:
    """The drawn room at these prices in the page's language, drawn anew when its plan has changed."""
    plan = events.seat_plan(screening.auditorium_id)
    key = (screening.auditorium_id, tuple(sorted(screening.prices.items())), locale())
    kept = _pictures.get(key)
    if kept is not None and kept.plan is plan:
        return kept
    if len(_pictures) >= _MOST:
        _pictures.clear()
    drawn = replace(kept, plan=plan) if kept is not None and kept.plan == plan else _draw(screening, plan)
    _pictures[key] = drawn
    return drawn


def _draw(screening: Screening, plan: SeatPlan) -> Picture:
    rows = rows_of(screening, plan)
    cells = [cell for row in rows for cell in row.cells]
    numbered = iter(range(len(cells)))
    with_holes = [
        Row(
            row.label,
            tuple(Cell(cell.seats, cell.price, "free", f"@{next(numbered)}@") for cell in row.cells),
            row.zone_name,
            row.zone_price_label,
        )
        for row in rows
    ]
    markup = render_template(
        "shop/_seat_map.html", rows=with_holes, vip_zones=(VIP_ZONE,), screening=screening
    )
    split = _HOLE.split(markup)
    order = [cells[int(number)] for number in split[1::2]]
    return Picture(
        plan=plan,
        pieces=tuple(split[0::2]),
        boxes=tuple(cell.ids for cell in order),
        free_words=tuple(f'" aria-label="{escape(free_label(cell))}"' for cell in order),
        taken_words=tuple(f'" disabled aria-label="{escape(taken_label(cell))}"' for cell in order),
        legend=tuple(_legend(screening, plan, [cell for cell in cells if cell.for_sale])),
        facts=_facts([cell for cell in cells if cell.for_sale] or cells),
    )


def rows_of(screening: Screening, plan: SeatPlan) -> list[Row]:
    """The room from the screen back, with a zone's name and price where the zone changes."""
    rows: list[Row] = []
    names = {zone.id: zone.name_in(locale()) for zone in plan.zones}
    before: int | None = None
    section_before = ""
    for seats in plan.rows:
        zone = seats[0].zone_id
        # The legend tells the first zone's price, unless that zone is a dear one.
        told = before != zone and (before is not None or seats[0].zone_code != PLAIN_ZONE)
        price = format_money(screening.prices[zone], locale()) if _is_sold(screening, seats, zone) else None
        heading = names.get(zone) if told else None
        section = ", ".join(dict.fromkeys(seat.section for seat in seats if seat.section))
        if section != section_before:
            heading = " · ".join(part for part in (section, heading) if part)
        rows.append(Row(seats[0].row_label, cells_of(screening, seats), heading, price if told else None))
        before, section_before = zone, section
    return rows


def _is_sold(screening: Screening, seats: Sequence[Seat], zone: int) -> bool:
    return zone in screening.prices and any(seat.for_sale for seat in seats if seat.zone_id == zone)


def cells_of(screening: Screening, seats: Sequence[Seat]) -> tuple[Cell, ...]:
    """The row's boxes: the two halves of a love seat are one."""
    halves = {seat.companion_of: seat for seat in seats if seat.kind == "love" and seat.companion_of}
    cells = []
    for seat in seats:
        if seat in halves.values():
            continue
        pair = (seat, halves[seat.id]) if seat.id in halves else (seat,)
        cells.append(Cell(pair, sum(screening.prices.get(one.zone_id, 0) for one in pair)))
    return tuple(cells)


def kind_words(cell: Cell) -> str:
    """What is particular about the seat, or nothing."""
    return words.seat_kind(cell.kind) or ("VIP" if cell.zone == VIP_ZONE else "")


def seat_words(cell: Cell) -> str:
    """`F7`, or `J1/2, love seat for two`."""
    return ", ".join(part for part in (cell.heard, kind_words(cell)) if part)


def free_label(cell: Cell) -> str:
    return _("%(seat)s, free, %(price)s", seat=seat_words(cell), price=format_money(cell.price, locale()))


def taken_label(cell: Cell) -> str:
    return _("%(seat)s, taken", seat=seat_words(cell))


def _legend(screening: Screening, plan: SeatPlan, cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """Only what this room has."""

    def priced(word: str, found: Sequence[Cell]) -> str:
        prices = {seat_price(screening, cell) for cell in found}
        return f"{word}, {format_money_short(prices.pop(), locale())}" if len(prices) == 1 else word

    plain = [cell for cell in cells if cell.kind == "standard" and cell.zone != VIP_ZONE]
    keys = [("free", priced(_("Free"), plain)), ("chosen", _("Yours")), ("taken", _("Taken"))]
    vip = [cell for cell in cells if cell.zone == VIP_ZONE]
    if vip:
        keys.append(("vip", priced(_("VIP"), vip)))
    kinds = {cell.kind for cell in cells}
    named = {
        "wheelchair": _("Wheelchair"),
        "companion": _("Companion"),
        "love": _("For two"),
        "wide": _("Wide"),
    }
    return keys + [(kind, word) for kind, word in named.items() if kind in kinds]


def seat_price(screening: Screening, cell: Cell) -> int:
    return screening.prices.get(cell.seats[0].zone_id, 0)


def _facts(cells: Sequence[Cell]) -> str:
    """What the page's scripts reckon with: the usual price of a box, and the boxes of every other price."""
    by_price: dict[int, list[str]] = {}
    for cell in cells:
        by_price.setdefault(cell.price, []).append(cell.id)
    usual = max(by_price, key=lambda price: len(by_price[price]))
    others = {str(price): ids for price, ids in by_price.items() if price != usual}
    return json.dumps({"usual": usual, "others": others}, separators=(",", ":"))


def drawn_map(screening: Screening, at: Moment, marks: Marks) -> Markup:
    """The map's markup; one for all who see nothing of their own in it."""
    room = picture(screening)
    if marks.chosen or marks.lost or marks.mine:
        return room.fill(at.states.keys(), marks)
    plain = at.markup.get(locale())
    if plain is None:
        plain = at.markup[locale()] = room.fill(at.states.keys(), marks)
    return plain
