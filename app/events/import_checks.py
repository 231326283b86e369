"""Check each record of a programme alone: its values, repetitions, and the plans of auditoriums.

A wrong record keeps its valid values, and what it names is checked too, so that one run reports all problems.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.events.auditorium_plans import AuditoriumPlan, PlanError
from app.events.import_files import KINDS, Files, Place, Record
from app.events.import_values import InvalidValue, read
from app.events.seat_marks import with_kinds, with_not_sold
from app.events.seating_plans import plan_from_file, plan_from_lines

_KEYS = {
    "cinemas": ("slug",),
    "rooms": ("cinema", "label"),
    "films": ("slug",),
    "screenings": ("ref",),
    "prices": ("price_list", "zone"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A checked record: its key, its values and its place in the files. `wrong` names the invalid columns."""

    kind: str
    key: tuple[str, ...]
    place: Place
    values: dict[str, Any]
    wrong: frozenset[str] = frozenset()


@dataclass
class Programme:
    """All entries by kind and key, in the order of the files; prices by list and zone code."""

    entries: dict[str, dict[tuple[str, ...], Entry]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )
    # Entries with reported problems, and their keys, preceded by the kind.
    broken: dict[str, list[Entry]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    broken_keys: set[tuple[str, ...]] = field(default_factory=set)
    plans: dict[tuple[str, ...], AuditoriumPlan] = field(default_factory=dict)
    # The zones that each price list prices, validly or not; None for a list or zone that could not be read.
    priced: dict[str | None, set[str | None]] = field(default_factory=dict)
    # Remarks for the manager on how the plans were read.
    notes: list[str] = field(default_factory=list)

    def is_broken(self, kind: str, *key: str) -> bool:
        """Return whether the files have that entry with a reported problem; entries that name it are not reported."""
        return (kind, *key) in self.broken_keys

    def all(self, kind: str) -> list[Entry]:
        """Return the valid and the broken entries of a kind."""
        return [*self.entries[kind].values(), *self.broken[kind]]

    def price_list(self, name: str) -> dict[str, Entry]:
        """Return the prices of a list by zone code."""
        return {key[1]: entry for key, entry in self.entries["prices"].items() if key[0] == name}


def check(files: Files, *, new_guids: bool = False) -> Programme:
    """Check every record alone and for repetition; problems are added to `files`.

    `new_guids`: see `plan_from_pretix`.
    """
    programme = Programme()
    first: dict[tuple[str, ...], Entry] = {}
    for kind, records in files.records.items():
        for record in records:
            entry = _entry(record, files)
            if not entry.wrong & set(_KEYS[kind]):
                before = first.setdefault((kind, *entry.key), entry)
                if before is not entry:
                    files.add_problem(
                        entry.place, f"{kind} {' '.join(entry.key)} is already at {before.place}"
                    )
            _add(entry, programme)
    for room in programme.all("rooms"):
        _read_plan(room, files, programme, new_guids)
    return programme


def _add(entry: Entry, programme: Programme) -> None:
    if entry.wrong:
        programme.broken[entry.kind].append(entry)
        programme.broken_keys.add((entry.kind, *entry.key))
    else:
        programme.entries[entry.kind].setdefault(entry.key, entry)
    if entry.kind == "prices":
        name, zone = entry.values.get("price_list"), entry.values.get("zone")
        programme.priced.setdefault(name, set()).add(zone)


def _entry(record: Record, files: Files) -> Entry:
    values: dict[str, Any] = {}
    wrong: set[str] = set()
    for name in KINDS[record.kind].required:
        if name not in record.values:
            wrong.add(name)
            if name not in record.missing:
                files.add_problem(record.place, f"{name} is empty")
    for name, value in record.values.items():
        try:
            values[name] = read(record.kind, name, value)
        except InvalidValue as error:
            files.add_problem(record.place, f"{name}: {error}")
            wrong.add(name)
    key = tuple(str(values.get(name, record.values.get(name, ""))) for name in _KEYS[record.kind])
    values["folder"] = record.folder
    return Entry(record.kind, key, record.place, values, frozenset(wrong))


def _read_plan(room: Entry, files: Files, programme: Programme, new_guids: bool) -> None:
    key, values = room.key, room.values
    if room.wrong & {"plan", "rows", "screen"}:
        return
    if ("plan" in values) == ("rows" in values):
        files.add_problem(room.place, "a room needs either a plan (a file's name) or, in JSON, its rows")
        return
    place = room.place
    screen = values.get("screen", "")
    try:
        if "rows" in values:
            plan = plan_from_lines(values["rows"], screen=screen)
        else:
            path = values["folder"] / values["plan"]
            place = Place(str(path), 1)
            plan = plan_from_file(path, screen=screen, new_guids=new_guids)
            place = room.place
        plan = _with_marks(plan, values)
    except PlanError as error:
        for fault in error.faults:
            line = fault.line if place is not room.place and fault.line else place.line
            files.add_problem(Place(place.file, line), f"{_room_prefix(key, place, room)}{fault}")
        return
    plan.zone_names.update(values.get("zones", {}))
    programme.plans[key] = plan
    if plan.note:
        programme.notes.append(f"room {' '.join(key)}: {plan.note}")
    if closed := sum(not seat.for_sale for seat in plan.seats):
        programme.notes.append(f"room {' '.join(key)}: {closed} of its {len(plan.seats)} places are not sold")


def _with_marks(plan: AuditoriumPlan, values: dict[str, Any]) -> AuditoriumPlan:
    """Return the plan with the marks of the auditorium's columns. Raises PlanError with all faults."""
    faults: list[PlanError] = []
    kinds = {kind: values.get(kind, ()) for kind in ("wheelchair", "companion", "wide")}
    marked = plan
    try:
        marked = with_kinds(plan, kinds)
    except PlanError as error:
        faults += error.faults
    try:
        marked = with_not_sold(marked, values.get("not_sold", ()), values.get("not_sold_zones"))
    except PlanError as error:
        faults += error.faults
    if faults:
        raise PlanError.of(faults)
    return marked


def _room_prefix(key: tuple[str, ...], place: Place, room: Entry) -> str:
    """Return the name of the auditorium for a fault that lies in a plan's own file."""
    return "" if place is room.place else f"the plan of room {' '.join(key)} at {room.place}: "
