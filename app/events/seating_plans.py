"""Read the plan of an auditorium from a file: rows as text, or a seating plan of pretix (`pretix_plans.py`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.adapters import incoming_json
from app.events.auditorium_plans import AuditoriumPlan, PlanError, PlannedRow, code_of, seats_of, turned
from app.events.pretix_plans import plan_from_pretix
from app.events.seat_marks import duplicate_names
from app.events.text_files import UnreadableText, read_text

DEFAULT_ZONES = {"standard": ("Sala", "Standard"), "vip": ("VIP", "VIP"), "love": ("Casal", "Love seats")}
_ZONE = re.compile(r"^zone\s+([a-z0-9-]+)\s*=\s*([^/]+?)(?:\s*/\s*(.+))?$")
MOST_SEATS = 5000


def plan_from_lines(lines: Sequence[str], *, screen: str = "") -> AuditoriumPlan:
    """Return the plan of lines such as `A ss__ss`, `H vip ss__ss` (with a zone) and `zone vip = VIP / VIP` (a name).

    `#` begins a remark. `screen`: `bottom` if the last line is next to the screen, not the first. Raises PlanError.
    """
    rows: list[PlannedRow] = []
    faults: list[PlanError] = []
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
        except PlanError as fault:
            faults.append(fault)
    try:
        seats = seats_of(rows)
    except PlanError as fault:
        faults += fault.faults
    if faults:
        raise PlanError.of(sorted(faults, key=lambda fault: fault.line or 0))
    plan = _checked(AuditoriumPlan(tuple(seats), names))
    return replace(plan, seats=turned(plan.seats)) if screen == "bottom" else plan


def _row(text: str, line: int) -> PlannedRow:
    words = text.split()
    if len(words) not in (2, 3) or len(words[0]) > 4:
        raise PlanError(
            f"{text[:40]!r} is no row: write its name, its zone if not standard, and its seats", line
        )
    zone_code = words[1] if len(words) == 3 else "standard"
    if code_of(zone_code) != zone_code:
        raise PlanError(
            f"row {words[0]}: its zone {zone_code!r} must be of small letters, digits and dashes", line
        )
    return PlannedRow(words[0], words[-1], zone_code, line=line)


def plan_from_file(path: Path, *, screen: str = "", new_guids: bool = False) -> AuditoriumPlan:
    """Return the plan of a file. For `screen` and `new_guids` see `plan_from_pretix`. Raises PlanError."""
    try:
        text = read_text(path)
    except UnreadableText as error:
        raise PlanError(str(error), error.line) from None
    if path.suffix.lower() != ".json":
        return plan_from_lines(text.splitlines(), screen=screen)
    try:
        plan = plan_from_pretix(incoming_json.read(text), screen=screen, new_guids=new_guids)
        return _checked(plan)
    except incoming_json.UnreadableJson as error:
        raise PlanError(f"is no proper JSON: {error}", error.line) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, PlanError):
            raise
        raise PlanError(f"is no pretix seating plan: {error!r}") from None


def _checked(plan: AuditoriumPlan) -> AuditoriumPlan:
    if not plan.seats:
        raise PlanError("the plan has no seat")
    if len(plan.seats) > MOST_SEATS:
        raise PlanError(f"the plan has {len(plan.seats)} seats; {MOST_SEATS} are the most")
    if faults := duplicate_names(plan.seats):
        raise PlanError.of(faults)
    return plan
