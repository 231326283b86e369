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

from flask import render_template
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.core.money import format_money_short
from app.events import service as events
from app.events.service import Screening, SeatPlan
from app.shop.seat_cells import VIP_ZONE, Cell, Row, free_label, rows_of, taken_label
from app.shop.seat_moments import Moment
from app.web.language import locale

_MOST = 200


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
