"""A cinema's real programme from files: checked whole before anything is written, and written all or not at all.

Running it twice changes nothing: cinemas and films are known by their slug, rooms by cinema and label, screenings
by their `ref`. What a buyer may have relied on is not moved: a screening keeps its film, room and hour, and a room
with screenings keeps its seats.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.core.errors import Invalid
from app.events.cache import programme_changes
from app.events.import_checks import Entry, Programme, at_cinema, check
from app.events.import_existing import Existing, Room, Show
from app.events.import_files import Files, Place, Problem, read_files, suggestion
from app.events.import_writing import Report, Writer
from app.events.rooms import in_order

TURNAROUND = timedelta(minutes=15)  # to let people out and in; the room is taken for that long after the film


class BadProgramme(Invalid):
    """Nothing was written; `problems` says what is wrong, where."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("programme.bad", count=len(problems))
        self.problems = sorted(problems, key=lambda one: (one.place.file, one.place.line))


def import_programme(paths: Sequence[Path]) -> Report:
    """Read, check and write these files in the caller's transaction. Raises BadProgramme; then nothing is written."""
    files = read_files(paths)
    programme = check(files)
    programme_changes()
    existing = Existing.load()
    shows = _check_references(programme, existing, files)
    _check_overlaps(shows, existing, files)
    if files.problems:
        raise BadProgramme(files.problems)
    return Writer(programme, existing, Report()).write(shows)


def _check_references(programme: Programme, existing: Existing, files: Files) -> list[Show]:
    """Everything that an entry names exists, in the files or in the database. Returns the screenings, placed."""
    cinemas = {key[0] for key in programme.entries["cinemas"]} | set(existing.cinemas)
    for key, room in programme.entries["rooms"].items():
        if key[0] not in cinemas:
            if not programme.is_broken("cinemas", key[0]):
                files.complain(room.place, _unknown("cinema", key[0], cinemas))
        elif (before := existing.rooms.get((key[0], key[1]))) and key in programme.plans:
            _check_same_seats(room, before, programme, files)
    return [
        show
        for entry in programme.entries["screenings"].values()
        if (show := _placed(entry, programme, existing, files)) is not None
    ]


def _unknown(what: str, name: str, known: Any) -> str:
    names = sorted(known)
    return f"{what} {name!r} is neither in these files nor in the database{suggestion(name, names)}"


def _check_same_seats(entry: Entry, room: Room, programme: Programme, files: Files) -> None:
    if room.has_screenings and in_order(programme.plans[entry.key].seats) != in_order(room.seats):
        files.complain(
            entry.place,
            f"room {' '.join(entry.key)} has screenings, so its seats stay; give the new plan another label",
        )


def _placed(entry: Entry, programme: Programme, existing: Existing, files: Files) -> Show | None:
    """The screening with its hours in UTC; None when something that it names is missing (which is a problem)."""
    values = entry.values
    before = len(files.problems)
    film = programme.entries["films"].get((values["film"],))
    minutes = (
        film.values["duration_minutes"]
        if film
        else existing.films.get(values["film"], {}).get("duration_minutes")
    )
    if minutes is None and not programme.is_broken("films", values["film"]):
        known = {key[0] for key in programme.entries["films"]} | set(existing.films)
        files.complain(entry.place, _unknown("film", values["film"], known))
    room = (values["cinema"], values["room"])
    zones = _zones_of(room, programme, existing)
    if zones is None and not programme.is_broken("rooms", *room):
        known = {" ".join(key) for key in (*programme.entries["rooms"], *existing.rooms)}
        files.complain(entry.place, _unknown("room", " ".join(room), known))
    _check_prices(entry, zones or frozenset(), programme, files)
    zone_name = _timezone_of(values["cinema"], programme, existing)
    starts_at = at_cinema(values["starts"], zone_name)
    if starts_at is None:
        files.complain(entry.place, f"the clocks of {zone_name} skip {values['starts']:%Y-%m-%d %H:%M}")
    if len(files.problems) > before or starts_at is None or minutes is None or zones is None:
        return None
    show = Show(
        ref=values["ref"],
        film=values["film"],
        room=room,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=values.get("minutes", minutes)) + TURNAROUND,
        version=values["version"],
        format=values.get("format", "2D"),
        status="scheduled",
        place=entry.place,
    )
    return show if _stays(show, entry.place, zone_name, existing, files) else None


def _zones_of(room: tuple[str, str], programme: Programme, existing: Existing) -> frozenset[str] | None:
    if room in programme.plans:
        return frozenset(seat.zone for seat in programme.plans[room].seats)
    if room in programme.entries["rooms"]:
        return frozenset()  # its plan is wrong, which was said there
    return existing.rooms[room].zones if room in existing.rooms else None


def _timezone_of(cinema: str, programme: Programme, existing: Existing) -> str:
    entry = programme.entries["cinemas"].get((cinema,))
    if entry and "timezone" in entry.values:
        return str(entry.values["timezone"])
    return str(existing.cinemas.get(cinema, {}).get("timezone", "America/Sao_Paulo"))


def _check_prices(entry: Entry, zones: frozenset[str], programme: Programme, files: Files) -> None:
    name = entry.values["price_list"]
    if any(key[:2] == ("prices", name) for key in programme.broken):
        return
    prices = programme.price_list(name)
    if not prices:
        known = sorted({key[0] for key in programme.entries["prices"]})
        files.complain(entry.place, f"price list {name!r} is not in these files{suggestion(name, known)}")
        return
    for zone in sorted(zones - set(prices)):
        files.complain(entry.place, f"price list {name!r} has no price for the room's zone {zone!r}")


def _stays(show: Show, place: Place, zone_name: str, existing: Existing, files: Files) -> bool:
    """A screening that is known already keeps its film, room and hour."""
    before = existing.shows.get(show.ref)
    if before is None:
        return True
    for what in ("film", "room", "starts_at"):
        old, new = getattr(before, what), getattr(show, what)
        if old != new:
            old, new = _said(old, zone_name), _said(new, zone_name)
            files.complain(
                place,
                f"screening {show.ref!r} has {old} as its {what.removesuffix('s_at')}, not {new}: "
                f"call it off (cancel-screening {before.id}) and give the new one another ref",
            )
            return False
    return True


def _said(value: object, zone_name: str) -> str:
    if isinstance(value, datetime):
        return f"{Existing.local(value, zone_name):%Y-%m-%d %H:%M}"
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _check_overlaps(shows: Sequence[Show], existing: Existing, files: Files) -> None:
    """No two screenings of a room at once, neither of the files nor of what is on sale already."""
    refs = {show.ref for show in shows}
    cancelled = {ref for ref, show in existing.shows.items() if show.status != "scheduled"}
    standing = [show for show in existing.scheduled if show.ref not in refs]
    rooms: dict[tuple[str, str], list[Show]] = {}
    for show in [*(show for show in shows if show.ref not in cancelled), *standing]:
        rooms.setdefault(show.room, []).append(show)
    for room, here in rooms.items():
        here.sort(key=lambda show: show.starts_at)
        latest: Show | None = None
        for show in here:
            if latest is not None and show.starts_at < latest.ends_at:
                _complain_of_overlap(room, latest, show, existing, files)
            if latest is None or show.ends_at > latest.ends_at:
                latest = show


def _complain_of_overlap(
    room: tuple[str, str], one: Show, other: Show, existing: Existing, files: Files
) -> None:
    named = one if one.place is not None and other.place is None else other
    beside = other if named is one else one
    if named.place is None:
        return  # both stood before; the database would not have let them
    where = f" ({beside.place})" if beside.place else " (on sale already)"
    files.complain(
        named.place,
        f"room {' '.join(room)}: {_show(named, existing)} overlaps {_show(beside, existing)}{where}",
    )


def _show(show: Show, existing: Existing) -> str:
    zone_name = str(existing.cinemas.get(show.room[0], {}).get("timezone", "America/Sao_Paulo"))
    start, end = (Existing.local(moment, zone_name) for moment in (show.starts_at, show.ends_at))
    return f"{show.ref!r} ({show.film}, {start:%Y-%m-%d %H:%M} to {end:%H:%M})"


__all__ = ["BadProgramme", "Place", "Problem", "Report", "import_programme"]
