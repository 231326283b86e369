"""The markup of a seat map, rendered once for an auditorium and joined for each visitor.

Rendering 300 seats costs more than the rest of the page, and only the state of a seat changes. So each box is rendered
free and taken, once for an auditorium, its prices and the language; a visitor's map joins the box of each seat's state.
Only the few boxes that are the visitor's own are rendered for that visitor. The markup holds no token and no name.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask import get_template_attribute
from flask_babel import gettext as _
from markupsafe import Markup

from app.core.cache import Cache
from app.core.i18n import auditorium_name
from app.core.money import format_money_short
from app.events import service as events
from app.events.service import Screening, SeatPlan
from app.shop.seat_cells import VIP_ZONE, Cell, Row, free_label, rows_of, taken_label
from app.shop.seat_map_layout import Layout
from app.shop.taken_seats import TakenSeats
from app.web.locale import locale

COMPONENT = "components/_seatmap.html"


@dataclass(frozen=True, slots=True)
class Marks:
    """The seats that look different for one visitor: chosen, just lost, or held in another order of theirs."""

    chosen: Collection[int] = ()
    lost: Collection[int] = ()
    mine: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """The markup of a seat's checkbox, free and taken, and of the elements `before` it in the map."""

    cell: Cell
    ids: tuple[int, ...]
    classes: str
    before: str
    free: str
    taken: str

    def markup(self, state: str) -> str:
        """The box in a state that only its visitor sees: `chosen`, `lost` or `mine`."""
        label = free_label(self.cell) if state == "chosen" else taken_label(self.cell)
        return self.before + _render("box", self.cell, self.classes, state, label)


@dataclass(frozen=True, slots=True)
class SeatMap:
    """A rendered auditorium. `facts` is JSON with the prices for the page's scripts."""

    boxes: tuple[Box, ...]
    end: str
    legend: tuple[tuple[str, str], ...]
    facts: str

    def markup(self, taken: Collection[int], marks: Marks) -> Markup:
        parts = []
        chosen = frozenset(marks.chosen)
        own = frozenset(marks.lost) | frozenset(marks.mine)
        taken_ids = frozenset(taken)
        for box in self.boxes:
            if not own.isdisjoint(box.ids):
                parts.append(box.markup(state_of(box.cell, taken_ids, marks)))
            elif not taken_ids.isdisjoint(box.ids):
                parts.append(box.taken)
            elif not chosen.isdisjoint(box.ids):
                parts.append(box.markup("chosen"))
            else:
                parts.append(box.free)
        return Markup("".join([*parts, self.end]))  # noqa: S704 (rendered by our own templates)


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


# The key holds all that the map depends on: after a change of plan or prices the old entry is not found any more.
_SEAT_MAPS: Cache[tuple[SeatPlan, str, tuple[tuple[int, int], ...], str], SeatMap] = Cache(
    "seat maps", most=200
)


def seat_map(screening: Screening) -> SeatMap:
    """The map of the screening's auditorium at its prices, in the page's language."""
    plan = events.seat_plan(screening.auditorium_id)
    prices = tuple(sorted(screening.prices.items()))
    key = (plan, screening.auditorium_name, prices, locale())
    return _SEAT_MAPS.get(key, lambda: _render_map(screening, plan))


def plain_markup(screening: Screening, seen: TakenSeats) -> Markup:
    """The map for all visitors without marks of their own, joined once."""
    found = seen.markup.get(locale())
    if found is None:
        found = seen.markup[locale()] = seat_map(screening).markup(seen.states.keys(), Marks())
    return found


def _render_map(screening: Screening, plan: SeatPlan) -> SeatMap:
    rows = rows_of(screening, plan)
    cells = [cell for row in rows for cell in row.cells]
    sold = [cell for cell in cells if cell.for_sale]
    label = _("Map of %(room)s", room=auditorium_name(screening.auditorium_name, locale()))
    boxes, end = _boxes(rows, label)
    return SeatMap(boxes, end, tuple(_legend(screening, plan, sold)), _prices_as_json(sold or cells))


def _boxes(rows: Sequence[Row], label: str) -> tuple[tuple[Box, ...], str]:
    """The boxes of all rows in their order, and the markup that ends the map."""
    layout = Layout.of(rows)
    boxes: list[Box] = []
    before = _render("map_start", layout.classes, label)
    for row in rows:
        before += _render("row_start", row)
        end = layout.first
        for cell in row.cells:
            classes = layout.box(cell, end, VIP_ZONE)
            free = _render("box", cell, classes, "free", free_label(cell))
            taken = _render("box", cell, classes, "taken", taken_label(cell))
            boxes.append(Box(cell, cell.ids, classes, before, before + free, before + taken))
            before, end = "", cell.column + cell.width
        before += _render("row_end", row, layout.gap(end, layout.last).strip())
    return tuple(boxes), before + _render("map_end")


def _render(part: str, *values: object) -> str:
    """The result of a macro of the seat map's component."""
    return str(get_template_attribute(COMPONENT, part)(*values))


def _legend(screening: Screening, plan: SeatPlan, cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """The legend: (kind, text) of each kind of seat that this auditorium has."""

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


def _prices_as_json(cells: Sequence[Cell]) -> str:
    """JSON for the page's scripts: the usual price of a box, and the boxes of every other price."""
    by_price: dict[int, list[str]] = {}
    for cell in cells:
        by_price.setdefault(cell.price, []).append(cell.id)
    usual = max(by_price, key=lambda price: len(by_price[price]))
    others = {str(price): ids for price, ids in by_price.items() if price != usual}
    return json.dumps({"usual": usual, "others": others}, separators=(",", ":"))
