"""Records of a programme, checked by themselves: read values, or problems with a line.

A record with something wrong keeps what is right about it: what it names is looked for nevertheless, so that every
error is said at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.events.import_files import KINDS, Files, Place, Record
from app.events.import_values import Wrong, read
from app.events.rooms import BadRoom, RoomPlan
from app.events.seat_marks import with_kinds, without
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
    """A checked record: its key, its values, and where it was written. `wrong` names what could not be read."""

    kind: str
    key: tuple[str, ...]
    place: Place
    values: dict[str, Any]
    wrong: frozenset[str] = frozenset()


@dataclass
class Programme:
    """All entries by kind and key, in the order of the files; prices by list and zone."""

    entries: dict[str, dict[tuple[str, ...], Entry]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )
    # Entries with something wrong, which is said; and their keys, with the kind before.
    broken: dict[str, list[Entry]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    broken_keys: set[tuple[str, ...]] = field(default_factory=set)
    plans: dict[tuple[str, ...], RoomPlan] = field(default_factory=dict)
    # The zones that each price list has a price for, be it a wrong one; None where a list or zone could not be read.
    priced: dict[str | None, set[str | None]] = field(default_factory=dict)
    # What the manager should know of how the rooms were read.
    notes: list[str] = field(default_factory=list)

    def is_broken(self, kind: str, *key: str) -> bool:
        """Whether the files have that entry, but wrong: it was said there, and what names it is not to blame."""
        return (kind, *key) in self.broken_keys

    def all(self, kind: str) -> list[Entry]:
        """Whole and broken ones."""
        return [*self.entries[kind].values(), *self.broken[kind]]

    def price_list(self, name: str) -> dict[str, Entry]:
        """By zone code."""
        return {key[1]: entry for key, entry in self.entries["prices"].items() if key[0] == name}


def check(files: Files, *, new_guids: bool = False) -> Programme:
    """Check every record by itself and for repetition; problems are added to `files`.

    `new_guids`: a seat of a plan whose guid stood before is a seat of its own.
    """
    programme = Programme()
    first: dict[tuple[str, ...], Entry] = {}
    for kind, records in files.records.items():
        for record in records:
            entry = _entry(record, files)
            if not entry.wrong & set(_KEYS[kind]):
                before = first.setdefault((kind, *entry.key), entry)
                if before is not entry:
                    files.complain(entry.place, f"{kind} {' '.join(entry.key)} is already at {before.place}")
            _keep(entry, programme)
    for room in programme.all("rooms"):
        _read_plan(room, files, programme, new_guids)
    return programme


def _keep(entry: Entry, programme: Programme) -> None:
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
                files.complain(record.place, f"{name} is empty")
    for name, value in record.values.items():
        try:
            values[name] = read(record.kind, name, value)
        except Wrong as error:
            files.complain(record.place, f"{name}: {error}")
            wrong.add(name)
    key = tuple(str(values.get(name, record.values.get(name, ""))) for name in _KEYS[record.kind])
    values["folder"] = record.folder
    return Entry(record.kind, key, record.place, values, frozenset(wrong))


def _read_plan(room: Entry, files: Files, programme: Programme, new_guids: bool) -> None:
    key, values = room.key, room.values
    if room.wrong & {"plan", "rows", "screen"}:
        return
    if ("plan" in values) == ("rows" in values):
        files.complain(room.place, "a room needs either a plan (a file's name) or, in JSON, its rows")
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
    except BadRoom as error:
        for fault in error.faults:
            line = fault.line if place is not room.place and fault.line else place.line
            files.complain(Place(place.file, line), f"{_of_room(key, place, room)}{fault}")
        return
    plan.zone_names.update(values.get("zones", {}))
    programme.plans[key] = plan
    if plan.note:
        programme.notes.append(f"room {' '.join(key)}: {plan.note}")
    if closed := sum(not seat.for_sale for seat in plan.seats):
        programme.notes.append(f"room {' '.join(key)}: {closed} of its {len(plan.seats)} places are not sold")


def _with_marks(plan: RoomPlan, values: dict[str, Any]) -> RoomPlan:
    """The plan with what the room's line says of its seats. Raises BadRoom with all that is wrong in it."""
    faults: list[BadRoom] = []
    kinds = {kind: values.get(kind, ()) for kind in ("wheelchair", "companion", "wide")}
    marked = plan
    try:
        marked = with_kinds(plan, kinds)
    except BadRoom as error:
        faults += error.faults
    try:
        marked = without(marked, values.get("not_sold", ()), values.get("not_sold_zones"))
    except BadRoom as error:
        faults += error.faults
    if faults:
        raise BadRoom.of(faults)
    return marked


def _of_room(key: tuple[str, ...], place: Place, room: Entry) -> str:
    """Said with a fault of a plan's own file: whose plan it is."""
    return "" if place is room.place else f"the plan of room {' '.join(key)} at {room.place}: "
