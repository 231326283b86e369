"""Import a programme from files: all files are checked before anything is written, and all or nothing is written.

A second run changes nothing: cinemas and films are identified by slug, auditoriums by cinema and label, screenings by
`ref`. A screening keeps its film, auditorium and hour; while seats are sold or held, also its version, format and
length, unless the import is allowed to change them. An auditorium with screenings keeps its seats, but not which of
them are for sale.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app.core import db
from app.core.errors import Invalid
from app.events import local_hours
from app.events.cache import begin_programme_change
from app.events.import_checks import Entry, Programme, check
from app.events.import_existing import TURNAROUND, Existing, Show
from app.events.import_files import Files, Place, Problem, read_files
from app.events.import_references import References
from app.events.import_sold_screenings import SoldTickets, TakenSeats, check_sold
from app.events.import_writing import Report, Writer
from app.events.models import CinemaRow


class BadProgramme(Invalid):
    """The files have `problems`; nothing was written."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("programme.bad", count=len(problems))
        self.problems = sorted(problems, key=lambda one: (one.place.file, one.place.line))


def import_programme(
    paths: Sequence[Path],
    *,
    taken: TakenSeats,
    change_sold: SoldTickets | None = None,
    new_guids: bool = False,
) -> Report:
    """Read, check and write these files in the caller's transaction. Raises BadProgramme; then nothing is written.

    `taken` returns how many seats of screenings are sold or held: `reservations.service.occupancy`. `change_sold`
    returns their sales (`orders.service.sales_of`) and permits changes of version, format and length.
    `new_guids`: see `plan_from_pretix`.
    """
    files = read_files(paths)
    programme = check(files, new_guids=new_guids)
    begin_programme_change()
    report = Report(rooms=programme.notes)
    local_hours.realign()
    _change_zones(programme, files, report)
    existing = Existing.load()
    references = References(programme, existing, files)
    references.check()
    found = (
        _show_of(entry, references, existing, files) for entry in programme.entries["screenings"].values()
    )
    shows = [show for show in found if show is not None]
    _check_overlaps(shows, existing, files)
    sold = check_sold(shows, existing, files, taken, change_sold)
    _report_converted(programme, references, report)
    if files.problems:
        raise BadProgramme(files.problems)
    report.notes.extend(sold.values())
    return Writer(programme, existing, report, frozenset(sold)).write(shows)


def _change_zones(programme: Programme, files: Files, report: Report) -> None:
    """Apply corrected time zones of sites; all screenings keep their local hours."""
    before = {row.slug: row for row in db.session().execute(select(CinemaRow.__table__))}
    for entry in programme.entries["cinemas"].values():
        site, zone_name = before.get(entry.key[0]), entry.values.get("timezone")
        if site is None or zone_name in (None, site.timezone):
            continue
        done = local_hours.change_zone(site.id, zone_name)
        for problem in done.problems:
            files.add_problem(entry.place, f"timezone: screening {problem}")
        report.notes.append(
            f"{site.slug}: {len(done.moved)} screenings keep their hours, now by the clock of {zone_name}"
        )


def _report_converted(programme: Programme, references: References, report: Report) -> None:
    starts = [references.start(entry) for entry in programme.entries["screenings"].values()]
    if count := sum(start is not None and start.converted for start in starts):
        report.notes.append(f"hours given in UTC and turned to the clocks of their cinemas: {count}")


def _show_of(entry: Entry, references: References, existing: Existing, files: Files) -> Show | None:
    """Return the screening with its times in UTC; None if a reference is missing, which is reported."""
    values = entry.values
    room = (values["cinema"], values["room"])
    minutes, start = references.minutes_of(values["film"]), references.start(entry)
    if minutes is None or start is None or not references.knows_room(room):
        return None
    before = existing.shows.get(values["ref"])
    # A stored screening keeps its time, even if its site has another time zone by now.
    starts_at = before.starts_at if before is not None and before.clock == start.clock else start.moment
    show = Show(
        ref=values["ref"],
        film=values["film"],
        room=room,
        clock=start.clock,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=values.get("minutes", minutes)) + TURNAROUND,
        version=values["version"],
        format=values.get("format", "2D"),
        status="scheduled",
        place=entry.place,
    )
    return show if _keeps_its_place(show, entry.place, existing, files) else None


def _keeps_its_place(show: Show, place: Place, existing: Existing, files: Files) -> bool:
    """Return whether a stored screening keeps its film, auditorium and hour; report it if not."""
    before = existing.shows.get(show.ref)
    if before is None:
        return True
    for what, name in (("film", "film"), ("room", "room"), ("clock", "start")):
        old, new = _as_text(getattr(before, what)), _as_text(getattr(show, what))
        if old != new:
            files.add_problem(
                place,
                f"screening {show.ref!r} has {old} as its {name}, not {new}: "
                f"call it off (cancel-screening {before.id}) and give the new one another ref",
            )
            return False
    return True


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _check_overlaps(shows: Sequence[Show], existing: Existing, files: Files) -> None:
    """Report overlapping screenings of an auditorium, in the files and with the stored ones."""
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
                _report_overlap(room, latest, show, files)
            if latest is None or show.ends_at > latest.ends_at:
                latest = show


def _report_overlap(room: tuple[str, str], one: Show, other: Show, files: Files) -> None:
    named = one if one.place is not None and other.place is None else other
    beside = other if named is one else one
    if named.place is None:
        return  # both are stored; the database does not permit that
    where = f" ({beside.place})" if beside.place else " (on sale already)"
    files.add_problem(
        named.place,
        f"room {' '.join(room)}: {_describe(named)} overlaps {_describe(beside)}{where}",
    )


def _describe(show: Show) -> str:
    end = show.clock + (show.ends_at - show.starts_at)
    return f"{show.ref!r} ({show.film}, {show.clock:%Y-%m-%d %H:%M} to {end:%H:%M})"


__all__ = ["BadProgramme", "Place", "Problem", "Report", "import_programme"]
