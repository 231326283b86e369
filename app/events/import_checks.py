"""Records of a programme, checked by themselves: texts become numbers, hours and prices, or problems with a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.money import parse_money
from app.events.import_files import KINDS, Files, Place, Record
from app.events.models import AGE_RATINGS, FORMATS, STOCKS, VERSIONS
from app.events.rooms import BadRoom
from app.events.seating_plans import RoomPlan, plan_from_file, plan_from_lines, with_kinds

_SLUG = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_BRAZILIAN_DAY = re.compile(r"^(\d\d?)/(\d\d?)/(\d{4})[ T]+(\d\d?)[:h](\d\d)(?::00)?$")
_ISO_DAY = re.compile(r"^(\d{4})-(\d\d)-(\d\d)[ T]+(\d\d?)[:h](\d\d)(?::00)?$")
_VERSIONS_IN_PORTUGUESE = {"dublado": "dubbed", "legendado": "subtitled"}
MOST_TEXT = 4000
POSTERS = Path(__file__).resolve().parents[2] / "static" / "img" / "posters"


@dataclass(frozen=True, slots=True)
class Entry:
    """A checked record: its key, its values, and where it was written."""

    kind: str
    key: tuple[str, ...]
    place: Place
    values: dict[str, Any]


@dataclass
class Programme:
    """All entries by kind and key, in the order of the files; prices by list and zone."""

    entries: dict[str, dict[tuple[str, ...], Entry]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )
    plans: dict[tuple[str, ...], RoomPlan] = field(default_factory=dict)
    broken: set[tuple[str, ...]] = field(default_factory=set)

    def is_broken(self, kind: str, *key: str) -> bool:
        """Whether the files have that entry, but wrong: it was said there, and what names it is not to blame."""
        return (kind, *key) in self.broken

    def price_list(self, name: str) -> dict[str, Entry]:
        """By zone code."""
        return {key[1]: entry for key, entry in self.entries["prices"].items() if key[0] == name}


class _Wrong(ValueError):
    pass


def check(files: Files) -> Programme:
    """Check every record by itself and for repetition; problems are added to `files`."""
    programme = Programme()
    for kind, records in files.records.items():
        for record in records:
            entry = _entry(record, files)
            if entry is None:
                programme.broken.add((kind, *(str(record.values.get(name, "")) for name in _KEYS[kind])))
                continue
            first = programme.entries[kind].setdefault(entry.key, entry)
            if first is not entry:
                files.complain(entry.place, f"{kind} {' '.join(entry.key)} is already at {first.place}")
    for key, room in programme.entries["rooms"].items():
        _read_plan(key, room, files, programme)
    return programme


def _entry(record: Record, files: Files) -> Entry | None:
    values: dict[str, Any] = {}
    wrong = False
    for name in KINDS[record.kind].required:
        if name not in record.values:
            files.complain(record.place, f"{name} is empty")
            wrong = True
    for name, value in record.values.items():
        try:
            values[name] = _READERS.get((record.kind, name), _text)(value)
        except _Wrong as error:
            files.complain(record.place, f"{name}: {error}")
            wrong = True
    if wrong:
        return None
    values["folder"] = record.folder
    return Entry(record.kind, tuple(str(values[name]) for name in _KEYS[record.kind]), record.place, values)


def _text(value: object) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise _Wrong(f"{value!r} is no text")
    text = " ".join(str(value).split())
    if len(text) > MOST_TEXT:
        raise _Wrong(f"is longer than {MOST_TEXT} letters")
    return text


def _slug(value: object) -> str:
    text = _text(value)
    if not _SLUG.match(text) or len(text) > 80:
        raise _Wrong(f"{text[:60]!r} must be of small letters a-z, digits and single dashes")
    return text


def _short(value: object) -> str:
    text = _text(value)
    if len(text) > 60:
        raise _Wrong(f"{text[:30]!r}… is longer than 60 letters")
    return text


def _ref(value: object) -> str:
    text = _short(value)
    if text.lower().startswith("demo:"):
        raise _Wrong("names that begin with 'demo:' are the demo's own")
    return text


def _poster(value: object) -> str:
    slug = _slug(value)
    if not (POSTERS / f"{slug}.svg").is_file():
        raise _Wrong(f"there is no {slug}.svg in static/img/posters")
    return slug


def _whole(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        text = _text(value)
        if not re.fullmatch(r"-?\d{1,6}", text) or not least <= int(text) <= most:
            raise _Wrong(f"{text[:30]!r} is no whole number from {least} to {most}")
        return int(text)

    return read


def _one_of(
    choices: tuple[str, ...], others: Mapping[str, str] = MappingProxyType({})
) -> Callable[[object], str]:
    """One of `choices`, however its letters are written, or a key of `others`."""
    by_small = {choice.lower(): choice for choice in choices} | dict(others)

    def read(value: object) -> str:
        text = _text(value)
        if text.lower() not in by_small:
            raise _Wrong(f"{text[:30]!r} is none of {', '.join(choices)}")
        return by_small[text.lower()]

    return read


def _names(value: object) -> list[str]:
    """`Drama|Romance`, or a JSON list."""
    parts = value if isinstance(value, list) else str(value).split("|")
    return [text for part in parts if (text := _short(part))]


def _seat_names(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else _text(value).split()


def _lines(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        raise _Wrong("must be a list of texts, one a row")
    return value


def _zone_names(value: object) -> dict[str, tuple[str, str]]:
    """JSON: `{"vip": "VIP"}` or `{"vip": ["VIP", "VIP"]}`; CSV: `vip=VIP/VIP|love=Casal/Love seats`."""
    if isinstance(value, str):
        pairs = [part.partition("=")[::2] for part in value.split("|")]
        value = {code.strip(): [name.strip() for name in names.split("/")] for code, names in pairs}
    if not isinstance(value, dict):
        raise _Wrong("must name zones by their code")
    found: dict[str, tuple[str, str]] = {}
    for code, names in value.items():
        listed = names if isinstance(names, list) else [names]
        if not 1 <= len(listed) <= 2 or not all(isinstance(name, str) and name for name in listed):
            raise _Wrong(f"the zone {code!r} needs a name, and may have an English one")
        found[_slug(code)] = (listed[0], listed[-1])
    return found


def _moment(value: object) -> datetime:
    """`2026-12-01 20:30` or `01/12/2026 20:30`, without a zone: the cinema's clock."""
    text = _text(value)
    if match := _ISO_DAY.match(text):
        year, month, day, hour, minute = (int(part) for part in match.groups())
    elif match := _BRAZILIAN_DAY.match(text):
        day, month, year, hour, minute = (int(part) for part in match.groups())
    else:
        raise _Wrong(f"{text[:30]!r} is no day and hour such as 2026-12-01 20:30")
    try:
        return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - the zone is the cinema's, known later
    except ValueError as error:
        raise _Wrong(f"{text[:30]!r} is not in the calendar: {error}") from None


def at_cinema(moment: datetime, zone_name: str) -> datetime | None:
    """The cinema's clock in UTC; None for an hour that its clocks skip."""
    there = moment.replace(tzinfo=ZoneInfo(zone_name))
    utc = there.astimezone(UTC)
    return utc if utc.astimezone(there.tzinfo).replace(tzinfo=None) == moment else None


def _timezone(value: object) -> str:
    text = _text(value)
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _Wrong(f"{text[:40]!r} is no time zone such as America/Sao_Paulo") from None
    return text


def _price(value: object) -> int:
    if isinstance(value, float) and round(value, 2) == value:
        value = f"{value:.2f}"  # JSON's 38.5
    try:
        price = parse_money(_text(value))
    except ValueError:
        raise _Wrong(f"{str(value)[:30]!r} is no amount such as 38,00") from None
    if price > 1_000_000:
        raise _Wrong(f"{str(value)[:30]!r} is more than R$ 10.000")
    return price


_READERS: Mapping[tuple[str, str], Callable[[object], Any]] = {
    ("cinemas", "slug"): _slug,
    ("cinemas", "timezone"): _timezone,
    ("cinemas", "sales_cutoff_minutes"): _whole(-1440, 240),
    ("rooms", "cinema"): _slug,
    ("rooms", "label"): _short,
    ("rooms", "stock"): _one_of(STOCKS),
    ("rooms", "rows"): _lines,
    ("rooms", "zones"): _zone_names,
    ("rooms", "wheelchair"): _seat_names,
    ("rooms", "companion"): _seat_names,
    ("rooms", "wide"): _seat_names,
    ("films", "slug"): _slug,
    ("films", "year"): _whole(1888, 2200),
    ("films", "duration_minutes"): _whole(1, 1200),
    ("films", "age_rating"): _one_of(AGE_RATINGS, {"livre": "L"}),
    ("films", "genres"): _names,
    ("films", "genres_en"): _names,
    ("films", "poster"): _poster,
    ("films", "position"): _whole(0, 100_000),
    ("screenings", "ref"): _ref,
    ("screenings", "film"): _slug,
    ("screenings", "cinema"): _slug,
    ("screenings", "room"): _short,
    ("screenings", "starts"): _moment,
    ("screenings", "version"): _one_of(VERSIONS, _VERSIONS_IN_PORTUGUESE),
    ("screenings", "format"): _one_of(FORMATS),
    ("screenings", "minutes"): _whole(1, 1440),
    ("screenings", "price_list"): _short,
    ("prices", "price_list"): _short,
    ("prices", "zone"): _slug,
    ("prices", "price"): _price,
}
_KEYS = {
    "cinemas": ("slug",),
    "rooms": ("cinema", "label"),
    "films": ("slug",),
    "screenings": ("ref",),
    "prices": ("price_list", "zone"),
}


def _read_plan(key: tuple[str, ...], room: Entry, files: Files, programme: Programme) -> None:
    values = room.values
    if ("plan" in values) == ("rows" in values):
        files.complain(room.place, "a room needs either a plan (a file's name) or, in JSON, its rows")
        return
    kinds = {kind: values.get(kind, ()) for kind in ("wheelchair", "companion", "wide")}
    place = room.place
    try:
        if "rows" in values:
            plan = plan_from_lines(values["rows"])
        else:
            path = values["folder"] / values["plan"]
            place = Place(str(path), 1)
            plan = plan_from_file(path)
            place = room.place
        plan = with_kinds(plan, kinds)
    except BadRoom as error:
        line = error.line if place is not room.place and error.line else place.line
        files.complain(Place(place.file, line), f"{_of_room(key, place, room)}{error}")
        return
    plan.zone_names.update(values.get("zones", {}))
    programme.plans[key] = plan


def _of_room(key: tuple[str, ...], place: Place, room: Entry) -> str:
    """Said with a fault of a plan's own file: whose plan it is."""
    return "" if place is room.place else f"the plan of room {' '.join(key)} at {room.place}: "
