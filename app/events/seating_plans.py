"""Room plans from files: rows as text (`rooms.py`), or a seating plan as pretix writes it (`pretix_plans.py`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.adapters import incoming_json
from app.events.pretix_plans import plan_from_pretix
from app.events.rooms import BadRoom, PlannedRow, RoomPlan, code_of, seats_of, turned
from app.events.seat_marks import same_names
from app.events.text_files import UnreadableText, read_text

DEFAULT_ZONES = {"standard": ("Sala", "Standard"), "vip": ("VIP", "VIP"), "love": ("Casal", "Love seats")}
_ZONE = re.compile(r"^zone\s+([a-z0-9-]+)\s*=\s*([^/]+?)(?:\s*/\s*(.+))?$")
MOST_SEATS = 5000


def plan_from_lines(lines: Sequence[str], *, screen: str = "") -> RoomPlan:
    """`A ss__ss`, `H vip ss__ss` a row, `zone vip = VIP / VIP` a zone's name; `#` begins a remark. Raises BadRoom.

    `screen`: `bottom` where the last line is next to the screen, not the first.
    """
    rows: list[PlannedRow] = []
    faults: list[BadRoom] = []
    names = dict(DEFAULT_ZONES)
    for number, line in enumerate(lines, 1):
        text = line.split("#")[0].strip()
        if not text:
            continue
        if zone := _ZONE.match(text):
            names[zone[1]] = (zone[2], zone[3] or zone[2])
            continue
        try:
            rows.append(_row(text, number))
        except BadRoom as fault:
            faults.append(fault)
    try:
        seats = seats_of(rows)
    except BadRoom as fault:
        faults += fault.faults
    if faults:
        raise BadRoom.of(sorted(faults, key=lambda fault: fault.line or 0))
    plan = _checked(RoomPlan(tuple(seats), names))
    return replace(plan, seats=turned(plan.seats)) if screen == "bottom" else plan


def _row(text: str, line: int) -> PlannedRow:
    words = text.split()
    if len(words) not in (2, 3) or len(words[0]) > 4:
        raise BadRoom(
            f"{text[:40]!r} is no row: write its name, its zone if not standard, and its seats", line
        )
    zone_code = words[1] if len(words) == 3 else "standard"
    if code_of(zone_code) != zone_code:
        raise BadRoom(
            f"row {words[0]}: its zone {zone_code!r} must be of small letters, digits and dashes", line
        )
    return PlannedRow(words[0], words[-1], zone_code, line=line)


def plan_from_file(path: Path, *, screen: str = "", new_guids: bool = False) -> RoomPlan:
    """Raises BadRoom, also when the file cannot be read. `screen` and `new_guids`: see `plan_from_pretix`."""
    try:
        text = read_text(path)
    except UnreadableText as error:
        raise BadRoom(str(error), error.line) from None
    if path.suffix.lower() != ".json":
        return plan_from_lines(text.splitlines(), screen=screen)
    try:
        plan = plan_from_pretix(incoming_json.read(text), screen=screen, new_guids=new_guids)
        return _checked(plan)
    except incoming_json.UnreadableJson as error:
        raise BadRoom(f"is no proper JSON: {error}", error.line) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, BadRoom):
            raise
        raise BadRoom(f"is no pretix seating plan: {error!r}") from None


def _checked(plan: RoomPlan) -> RoomPlan:
    if not plan.seats:
        raise BadRoom("the plan has no seat")
    if len(plan.seats) > MOST_SEATS:
        raise BadRoom(f"the plan has {len(plan.seats)} seats; {MOST_SEATS} are the most")
    if faults := same_names(plan.seats):
        raise BadRoom.of(faults)
    return plan
