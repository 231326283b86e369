"""Room plans from files: rows as text (`rooms.py`), or a seating plan as pretix writes it (JSON)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.adapters import incoming_json
from app.events.rooms import BadRoom, PlannedRow, PlannedSeat, seats_of
from app.events.text_files import UnreadableText, read_text

DEFAULT_ZONES = {"standard": ("Sala", "Standard"), "vip": ("VIP", "VIP"), "love": ("Casal", "Love seats")}
_ZONE = re.compile(r"^zone\s+([a-z0-9-]+)\s*=\s*([^/]+?)(?:\s*/\s*(.+))?$")
MOST_SEATS = 5000


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """`zone_names`: Portuguese and English by zone code."""

    seats: tuple[PlannedSeat, ...]
    zone_names: dict[str, tuple[str, str]]


def plan_from_lines(lines: Sequence[str]) -> RoomPlan:
    """`A ss__ss`, `H vip ss__ss` a row, `zone vip = VIP / VIP` a zone's name; `#` begins a remark. Raises BadRoom."""
    rows: list[PlannedRow] = []
    names = dict(DEFAULT_ZONES)
    for number, line in enumerate(lines, 1):
        text = line.split("#")[0].strip()
        if not text:
            continue
        if zone := _ZONE.match(text):
            names[zone[1]] = (zone[2], zone[3] or zone[2])
            continue
        words = text.split()
        if len(words) not in (2, 3) or len(words[0]) > 4:
            raise BadRoom(
                f"{text[:40]!r} is no row: write its name, its zone if not standard, and its seats", number
            )
        zone_code = words[1] if len(words) == 3 else "standard"
        if _code(zone_code) != zone_code:
            raise BadRoom(
                f"row {words[0]}: its zone {zone_code!r} must be of small letters, digits and dashes", number
            )
        rows.append(PlannedRow(words[0], words[-1], zone_code, line=number))
    return _checked(seats_of(rows), names)


def plan_from_file(path: Path) -> RoomPlan:
    """Raises BadRoom, also when the file cannot be read."""
    try:
        text = read_text(path)
    except UnreadableText as error:
        raise BadRoom(str(error), error.line) from None
    if path.suffix.lower() != ".json":
        return plan_from_lines(text.splitlines())
    try:
        return plan_from_pretix(incoming_json.read(text))
    except incoming_json.UnreadableJson as error:
        raise BadRoom(f"is no proper JSON: {error}", error.line) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, BadRoom):
            raise
        raise BadRoom(f"is no pretix seating plan: {error!r}") from None


def _checked(seats: Sequence[PlannedSeat], names: dict[str, tuple[str, str]]) -> RoomPlan:
    if not seats:
        raise BadRoom("the plan has no seat")
    if len(seats) > MOST_SEATS:
        raise BadRoom(f"the plan has {len(seats)} seats; {MOST_SEATS} are the most")
    return RoomPlan(tuple(seats), names)


@dataclass(frozen=True, slots=True)
class _Spot:
    row: str
    number: str
    x: float
    y: float
    zone: str


def plan_from_pretix(plan: dict[str, Any]) -> RoomPlan:
    """pretix's seating-plan.schema.json: positions become rows and columns, categories become zones.

    The format knows no kinds of seats: see `with_kinds`. Raises BadRoom, KeyError and TypeError.
    """
    names = {_code(category["name"]): (category["name"],) * 2 for category in plan["categories"]}
    spots = _spots(plan, names)
    rows: dict[str, list[_Spot]] = {}
    for spot in spots:
        rows.setdefault(spot.row, []).append(spot)
    ordered = sorted(rows.values(), key=lambda row: sum(spot.y for spot in row) / len(row))
    unit, left = _seat_width(ordered), min(spot.x for spot in spots) if spots else 0.0
    seats: list[PlannedSeat] = []
    for index, row in enumerate(ordered):
        column = -1
        for spot in sorted(row, key=lambda one: one.x):
            # Half places between two columns go to the next free one: never two seats in one.
            column = max(column + 1, round((spot.x - left) / unit))
            seats.append(PlannedSeat(spot.row, index, spot.number, column, 1, "standard", spot.zone, None))
    return _checked(seats, names)


def _spots(plan: dict[str, Any], zones: Collection[str]) -> list[_Spot]:
    spots: list[_Spot] = []
    guids: set[str] = set()
    named: set[tuple[str, str]] = set()
    for area in plan["zones"]:
        for row in area["rows"]:
            for seat in row["seats"]:
                zone, label, number = (
                    _code(seat["category"]),
                    str(row["row_number"]),
                    str(seat["seat_number"]),
                )
                if seat["seat_guid"] in guids:
                    raise BadRoom(f"the seat_guid {seat['seat_guid']!r} appears twice")
                if (label, number) in named:
                    raise BadRoom(f"row {label} has two seats {number}")
                if zone not in zones:
                    raise BadRoom(f"seat {label}{number} is of the unknown category {seat['category']!r}")
                guids.add(seat["seat_guid"])
                named.add((label, number))
                parts = [part.get("position") or {"x": 0, "y": 0} for part in (area, row, seat)]
                x, y = (sum(float(part[axis]) for part in parts) for axis in ("x", "y"))
                spots.append(_Spot(label, number, x, y, zone))
    return spots


def _seat_width(rows: Sequence[Sequence[_Spot]]) -> float:
    """The usual distance of two neighbours."""
    gaps: list[float] = []
    for row in rows:
        xs = sorted(spot.x for spot in row)
        gaps += [right - left for left, right in pairwise(xs) if right - left > 0.5]
    return sorted(gaps)[len(gaps) // 4] if gaps else 1.0


def _code(name: str) -> str:
    plain = unicodedata.normalize("NFKD", str(name)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "zone"


def with_kinds(plan: RoomPlan, kinds: Mapping[str, Collection[str]]) -> RoomPlan:
    """The plan with some seats, by name (`A1`), made `wheelchair`, `companion` or `wide`. Raises BadRoom."""
    by_name = {f"{seat.row_label}{seat.number}": seat for seat in plan.seats}
    for kind, names in kinds.items():
        for name in names:
            if name not in by_name:
                raise BadRoom(f"there is no seat {name} to be {kind}")
            by_name[name] = replace(by_name[name], kind=kind)
    seats = list(by_name.values())
    spaces = {(seat.row_index, seat.column) for seat in seats if seat.kind == "wheelchair"}
    return replace(plan, seats=tuple(_beside(seat, spaces) for seat in seats))


def _beside(seat: PlannedSeat, spaces: Collection[tuple[int, int]]) -> PlannedSeat:
    if seat.kind != "companion" or seat.companion_of is not None:
        return seat
    for column in (seat.column - 1, seat.column + 1):
        if (seat.row_index, column) in spaces:
            return replace(seat, companion_of=column)
    raise BadRoom(f"the companion's seat {seat.row_label}{seat.number} is not next to a wheelchair space")
