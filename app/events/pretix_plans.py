"""Seating plans as pretix writes them (seating-plan.schema.json): positions become rows and columns, categories zones.

All faults of a plan are told together, each with the zone, row and seat that it is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from app.events.rooms import BadRoom, PlannedSeat, RoomPlan, code_of, turned
from app.events.screen_end import screen_end


@dataclass(frozen=True, slots=True)
class _Spot:
    """A seat where the plan draws it. `area` is the name of pretix's zone, `zone` the code of its category."""

    area: str
    row: str
    number: str
    x: float
    y: float
    zone: str

    def __str__(self) -> str:
        return f"{_of_area(self.area)}row {self.row}, seat {self.number}"


@dataclass
class _Reading:
    """What was read so far, and what was wrong with it."""

    zones: Collection[str]
    new_guids: bool
    spots: list[_Spot] = field(default_factory=list)
    by_guid: dict[str, _Spot] = field(default_factory=dict)
    renewed: int = 0
    faults: list[BadRoom] = field(default_factory=list)

    def complain(self, text: str) -> None:
        self.faults.append(BadRoom(text))


def plan_from_pretix(plan: dict[str, Any], *, screen: str = "", new_guids: bool = False) -> RoomPlan:
    """The room of a plan. It knows no kinds of seats: see `seat_marks`.

    `screen`: the end of the sheet that the screen is at, `top` or `bottom`; empty: as the plan's own text says.
    `new_guids`: a seat whose guid stood before is a seat of its own. Raises BadRoom, KeyError and TypeError.
    """
    names = {code_of(category["name"]): (category["name"],) * 2 for category in plan["categories"]}
    reading = _Reading(names, new_guids)
    for area in plan["zones"]:
        _read_area(area, reading)
    spots = _in_sections(reading.spots, reading)
    end, note = screen, ""
    if not screen and spots:
        try:
            end, note = screen_end(plan, [spot.y for spot in spots])
        except BadRoom as fault:
            reading.faults.append(fault)
    if reading.faults:
        raise BadRoom.of(reading.faults)
    seats = _seats(spots)
    if reading.renewed:
        note = f"{note}; {reading.renewed} seats had the seat_guid of another one and were given their own"
    return RoomPlan(turned(seats) if end == "bottom" and seats else seats, names, note.removeprefix("; "))


def _read_area(area: dict[str, Any], reading: _Reading) -> None:
    name = _word(area.get("name"))
    for place, row in enumerate(area["rows"], 1):
        label = _word(row.get("row_number"))
        if not label:
            numbers = ", ".join(_word(seat.get("seat_number")) or "?" for seat in row["seats"][:5])
            reading.complain(
                f"{_of_area(name)}the row at place {place} (seats {numbers} …) has no row_number: "
                "give it a name, by which people find it"
            )
            continue
        for seat in row["seats"]:
            parts = [part.get("position") or {"x": 0, "y": 0} for part in (area, row, seat)]
            x, y = (sum(float(part[axis]) for part in parts) for axis in ("x", "y"))
            number = _word(seat.get("seat_number"))
            spot = _Spot(name, label, number or "?", x, y, code_of(seat["category"]))
            if not number:
                reading.complain(f"{_of_area(name)}row {label} has a seat without a seat_number")
                continue
            if spot.zone not in reading.zones:
                reading.complain(f"{spot} is of the unknown category {seat['category']!r}")
            _note_guid(str(seat["seat_guid"]), spot, reading)
            reading.spots.append(spot)


def _note_guid(guid: str, spot: _Spot, reading: _Reading) -> None:
    first = reading.by_guid.setdefault(guid, spot)
    if first is spot:
        return
    if reading.new_guids:
        reading.renewed += 1
        return
    reading.complain(
        f"{spot}: the seat_guid {guid!r} appears twice, before it at {first} "
        "(--new-guids takes the later one for a seat of its own)"
    )


def _in_sections(spots: Sequence[_Spot], reading: _Reading) -> list[_Spot]:
    """The spots with the area's name where the plan needs it to tell two seats apart, and without it elsewhere."""
    named = Counter((spot.row, spot.number) for spot in spots)
    needed = any(count > 1 for count in named.values()) and len({spot.area for spot in spots}) > 1
    told = [spot if needed else replace(spot, area="") for spot in spots]
    for (area, row, number), count in Counter((spot.area, spot.row, spot.number) for spot in spots).items():
        if count > 1:
            many = {2: "two", 3: "three"}.get(count, str(count))
            reading.complain(f"{_of_area(area)}row {row} has {many} seats {number}")
    if needed and any(not spot.area for spot in told):
        reading.complain("zones that have the same rows need a name each, and one of them has none")
    return told


def _seats(spots: Sequence[_Spot]) -> tuple[PlannedSeat, ...]:
    rows: dict[tuple[str, str], list[_Spot]] = {}
    for spot in spots:
        rows.setdefault((spot.area, spot.row), []).append(spot)
    ordered = sorted(rows.values(), key=_height)
    unit, left = _seat_width(ordered), min((spot.x for spot in spots), default=0.0)
    seats: list[PlannedSeat] = []
    for index, row in enumerate(_joined(ordered, unit)):
        column = -1
        for spot in sorted(row, key=lambda one: one.x):
            # Half places between two columns go to the next free one: never two seats in one.
            column = max(column + 1, round((spot.x - left) / unit))
            seats.append(
                PlannedSeat(
                    spot.row, index, spot.number, column, 1, "standard", spot.zone, None, section=spot.area
                )
            )
    return tuple(seats)


def _height(row: Sequence[_Spot]) -> float:
    return sum(spot.y for spot in row) / len(row)


def _joined(rows: Sequence[list[_Spot]], unit: float) -> Iterator[list[_Spot]]:
    """Rows of the same name that stand side by side, in two sections, are one row of the room."""
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
    """The usual distance of two neighbours."""
    gaps: list[float] = []
    for row in rows:
        xs = sorted(spot.x for spot in row)
        gaps += [right - left for left, right in pairwise(xs) if right - left > 0.5]
    return sorted(gaps)[len(gaps) // 4] if gaps else 1.0


def _word(value: object) -> str:
    """A name of the plan, without blanks around it; empty for none."""
    return "" if value is None else " ".join(str(value).split())


def _of_area(name: str) -> str:
    return f"zone {name!r}, " if name else ""
