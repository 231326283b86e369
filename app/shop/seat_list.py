"""The seats as a list, row by row, for customers who do not use the map."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from app.core.money import format_money_short
from app.events.service import Screening, SeatPlan
from app.reservations import service as reservations
from app.shop import seat_cells
from app.shop.seat_cells import Cell, Row, free_label, seat_label, taken_label
from app.shop.seat_map_markup import Marks, any_of, state_of
from app.web.locale import locale


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row with the state and label of each seat. `from_price` is its lowest price; `is_open`: its seats show."""

    row: Row
    cells: tuple[Cell, ...]
    free: int
    from_price: str
    is_open: bool


def rows_of(
    screening: Screening, plan: SeatPlan, taken: Collection[int], marks: Marks, quantity: int
) -> list[ListedRow]:
    """The rows from the screen back. Open are rows with chosen seats, else the row of the best `quantity` together."""
    shown = frozenset(marks.chosen) | frozenset(marks.lost) or _best(plan, quantity, taken, marks)
    return [_listed(row, taken, marks, shown) for row in seat_cells.rows_of(screening, plan)]


def _best(plan: SeatPlan, quantity: int, taken: Collection[int], marks: Marks) -> frozenset[int]:
    taken_ids = frozenset(taken) | frozenset(marks.mine)
    return frozenset(reservations.best_together(plan, quantity, taken_ids) or ())


def _listed(row: Row, taken: Collection[int], marks: Marks, shown: Collection[int]) -> ListedRow:
    cells = tuple(_labelled(cell, taken, marks) for cell in row.cells)
    free = [cell for cell in cells if cell.state in ("free", "chosen")]
    prices = [cell.price for cell in free]  # A love seat counts with both places: it is sold whole.
    return ListedRow(
        row=row,
        cells=cells,
        free=sum(len(cell.ids) for cell in free),
        from_price=format_money_short(min(prices), locale()) if prices else "",
        is_open=any(any_of(cell.ids, shown) for cell in cells),
    )


def _labelled(cell: Cell, taken: Collection[int], marks: Marks) -> Cell:
    now = state_of(cell, taken, marks)
    if now in ("free", "chosen"):
        return replace(cell, state=now, label=free_label(cell))
    if now == "mine":
        words = _("%(seat)s, yours in another order", seat=seat_label(cell))
        return replace(cell, state="mine", label=words)
    return replace(cell, state="taken", label=taken_label(cell))
