"""Convert seating plans of pretix (seating-plan.schema.json): positions become rows and columns, categories zones.

One error names all faults of a plan, each with its zone, row and seat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from app.events.auditorium_plans import AuditoriumPlan, PlanError, PlannedSeat, code_of, turned
from app.events.screen_end import screen_end


@dataclass(frozen=True, slots=True)
class _Spot:
    """A seat at its position on the plan. `area` is the name of pretix's zone, `zone` the code of its category."""

    area: str
    row: str
    number: str
    x: float
    y: float
    zone: str

    def __str__(self) -> str:
        return f"{_area_prefix(self.area)}row {self.row}, seat {self.number}"


@dataclass
class _Reading:
    """The seats that were read so far, and their faults."""

    zones: Collection[str]
    new_guids: bool
    spots: list[_Spot] = field(default_factory=list)
    by_guid: dict[str, _Spot] = field(default_factory=dict)
    renewed: int = 0
    faults: list[PlanError] = field(default_factory=list)

    def add_problem(self, text: str) -> None:
        self.faults.append(PlanError(text))


def plan_from_pretix(plan: dict[str, Any], *, screen: str = "", new_guids: bool = False) -> AuditoriumPlan:
    """Return the auditorium of a pretix plan. All seats are standard ones: see `seat_marks` for kinds.

    `screen`: the end of the plan at which the screen is, `top` or `bottom`; empty: see `screen_end`.
    `new_guids`: accept a repeated guid as another seat. Raises PlanError, KeyError and TypeError.
    """
    names = {code_of(category["name"]): (category["name"],) * 2 for category in plan["categories"]}
    reading = _Reading(names, new_guids)
    for area in plan["zones"]:
        _read_area(area, reading)
    spots = _with_sections(reading.spots, reading)
    end, note = screen, ""
    if not screen and spots:
        try:
            end, note = screen_end(plan, [spot.y for spot in spots])
        except PlanError as fault:
            reading.faults.append(fault)
    if reading.faults:
        raise PlanError.of(reading.faults)
    seats = _seats(spots)
    if reading.renewed:
        note = f"{note}; {reading.renewed} seats had the seat_guid of another one and were given their own"
    return AuditoriumPlan(
        turned(seats) if end == "bottom" and seats else seats, names, note.removeprefix("; ")
    )


def _read_area(area: dict[str, Any], reading: _Reading) -> None:
    name = _stripped(area.get("name"))
    for place, row in enumerate(area["rows"], 1):
        label = _stripped(row.get("row_number"))
        if not label:
            numbers = ", ".join(_stripped(seat.get("seat_number")) or "?" for seat in row["seats"][:5])
            reading.add_problem(
                f"{_area_prefix(name)}the row at place {place} (seats {numbers} …) has no row_number: "
                "give it a name, by which people find it"
            )
            continue
        for seat in row["seats"]:
            parts = [part.get("position") or {"x": 0, "y": 0} for part in (area, row, seat)]
            x, y = (sum(float(part[axis]) for part in parts) for axis in ("x", "y"))
            number = _stripped(seat.get("seat_number"))
            spot = _Spot(name, label, number or "?", x, y, code_of(seat["category"]))
            if not number:
                reading.add_problem(f"{_area_prefix(name)}row {label} has a seat without a seat_number")
                continue
            if spot.zone not in reading.zones:
                reading.add_problem(f"{spot} is of the unknown category {seat['category']!r}")
            _check_guid(str(seat["seat_guid"]), spot, reading)
            reading.spots.append(spot)


def _check_guid(guid: str, spot: _Spot, reading: _Reading) -> None:
    first = reading.by_guid.setdefault(guid, spot)
    if first is spot:
        return
    if reading.new_guids:
        reading.renewed += 1
        return
    reading.add_problem(
        f"{spot}: the seat_guid {guid!r} appears twice, before it at {first} "
        "(--new-guids takes the later one for a seat of its own)"
    )


def _with_sections(spots: Sequence[_Spot], reading: _Reading) -> list[_Spot]:
    """Return the spots with the area's name if two areas have equal rows and numbers, otherwise without it."""
    named = Counter((spot.row, spot.number) for spot in spots)
    needed = any(count > 1 for count in named.values()) and len({spot.area for spot in spots}) > 1
    sectioned = [spot if needed else replace(spot, area="") for spot in spots]
    for (area, row, number), count in Counter((spot.area, spot.row, spot.number) for spot in spots).items():
        if count > 1:
            many = {2: "two", 3: "three"}.get(count, str(count))
            reading.add_problem(f"{_area_prefix(area)}row {row} has {many} seats {number}")
    if needed and any(not spot.area for spot in sectioned):
        reading.add_problem("zones that have the same rows need a name each, and one of them has none")
    return sectioned


def _seats(spots: Sequence[_Spot]) -> tuple[PlannedSeat, ...]:
    rows: dict[tuple[str, str], list[_Spot]] = {}
    for spot in spots:
        rows.setdefault((spot.area, spot.row), []).append(spot)
    ordered = sorted(rows.values(), key=_height)
    unit, left = _seat_width(ordered), min((spot.x for spot in spots), default=0.0)
    seats: list[PlannedSeat] = []
    for index, row in enumerate(_merged_rows(ordered, unit)):
        column = -1
        for spot in sorted(row, key=lambda one: one.x):
            # A seat between two columns gets the next free one, so that no two seats share a column.
            column = max(column + 1, round((spot.x - left) / unit))
            seats.append(
                PlannedSeat(
                    spot.row, index, spot.number, column, 1, "standard", spot.zone, None, section=spot.area
                )
            )
    return tuple(seats)


def _height(row: Sequence[_Spot]) -> float:
    return sum(spot.y for spot in row) / len(row)


def _merged_rows(rows: Sequence[list[_Spot]], unit: float) -> Iterator[list[_Spot]]:
    """Yield the rows, merging those of the same name and height that lie side by side in two areas."""
    current: list[_Spot] = []
    for row in rows:
        if current and _side_by_side(current, row, unit):
            current = [*current, *row]
            continue
        if current:
            yield current
        current = row
    if current:
        yield current


def _side_by_side(one: Sequence[_Spot], other: Sequence[_Spot], unit: float) -> bool:
    if one[0].row != other[0].row or abs(_height(one) - _height(other)) > unit / 2:
        return False
    left, right = sorted((one, other), key=lambda row: min(spot.x for spot in row))
    return max(spot.x for spot in left) < min(spot.x for spot in right)


def _seat_width(rows: Sequence[Sequence[_Spot]]) -> float:
    """Return the usual distance between two neighbours: the first quartile."""
    gaps: list[float] = []
    for row in rows:
        xs = sorted(spot.x for spot in row)
        gaps += [right - left for left, right in pairwise(xs) if right - left > 0.5]
    return sorted(gaps)[len(gaps) // 4] if gaps else 1.0


def _stripped(value: object) -> str:
    """Return a name of the plan with single blanks; empty for none."""
    return "" if value is None else " ".join(str(value).split())


def _area_prefix(name: str) -> str:
    return f"zone {name!r}, " if name else ""
