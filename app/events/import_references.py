"""Check the references of entries: films, cinemas, auditoriums and price lists, in the files or in the database.

The valid columns of wrong entries are checked too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from app.events.auditorium_plans import AuditoriumPlan, in_order, turned, zones_for_sale
from app.events.import_checks import Entry, Programme
from app.events.import_existing import Existing, Room
from app.events.import_files import Files, suggestion
from app.events.import_start_times import Start, start_at
from app.events.import_values import InvalidValue

_SEATING = {"plan", "rows", "screen", "wheelchair", "companion", "wide", "not_sold", "not_sold_zones"}


@dataclass(frozen=True, slots=True)
class References:
    """Resolves references; missing ones are added to the problems of the files."""

    programme: Programme
    existing: Existing
    files: Files

    def check(self) -> None:
        """Check that everything exists that an entry names."""
        for room in self.programme.all("rooms"):
            self._check_room(room)
        for screening in self.programme.all("screenings"):
            self._check_film(screening)
            zones = self._check_place(screening)
            self._check_prices(screening, zones)
            self._check_hour(screening)

    def minutes_of(self, film: str) -> int | None:
        """Return the length of a film in minutes; None for an unknown or wrong one."""
        entry = self.programme.entries["films"].get((film,))
        if entry is not None:
            return int(entry.values["duration_minutes"])
        return self.existing.films.get(film, {}).get("duration_minutes")

    def timezone_of(self, cinema: str) -> str:
        entry = self.programme.entries["cinemas"].get((cinema,))
        if entry and "timezone" in entry.values:
            return str(entry.values["timezone"])
        return str(self.existing.cinemas.get(cinema, {}).get("timezone", "America/Sao_Paulo"))

    def start(self, screening: Entry) -> Start | None:
        """Return the start; None for an hour that the site's clocks do not have, which `check` reports."""
        try:
            return self._start(screening)
        except InvalidValue:
            return None

    def _start(self, screening: Entry) -> Start:
        return start_at(screening.values["starts"], self.timezone_of(screening.values["cinema"]))

    def knows_room(self, room: tuple[str, str]) -> bool:
        return room in self.programme.plans or room in self.existing.rooms

    def _check_room(self, room: Entry) -> None:
        cinema, label = room.key
        if "cinema" in room.wrong or not self._check_cinema(room, cinema):
            return
        before, plan = self.existing.rooms.get((cinema, label)), self.programme.plans.get(room.key)
        if before is None or plan is None or not before.has_screenings or room.wrong & _SEATING:
            return
        if in_order(plan.seats) == in_order(before.seats):
            self._check_newly_sold(room, plan, before)
            return
        remedy = "give the new plan another label"
        if in_order(turned(plan.seats)) == in_order(before.seats):
            remedy = f"the screen was at the other end: say so in the column screen, or {remedy}"
        self.files.add_problem(
            room.place, f"room {' '.join(room.key)} has screenings, so its seats stay; {remedy}"
        )

    def _check_newly_sold(self, room: Entry, plan: AuditoriumPlan, before: Room) -> None:
        """Report zones that become for sale and have no price at a stored screening."""
        entered = {key[0] for key in self.programme.entries["screenings"]}
        for zone in sorted(zones_for_sale(plan.seats) - before.zones):
            lacking = sorted(
                show.ref
                for show in self.existing.scheduled
                if show.room == room.key
                and show.ends_at > datetime.now(UTC)
                and show.ref not in entered
                and before.zone_ids[zone] not in self.existing.prices.get(show.id, {})
            )
            if lacking:
                self.files.add_problem(
                    room.place,
                    f"the zone {zone!r} is to be sold, but {', '.join(map(repr, lacking[:3]))} "
                    f"{'has' if len(lacking) == 1 else 'have'} no price for it: import the screenings too, "
                    "with a price list that has one",
                )

    def _check_cinema(self, entry: Entry, cinema: str) -> bool:
        known = {key[0] for key in self.programme.entries["cinemas"]} | set(self.existing.cinemas)
        if cinema not in known and not self.programme.is_broken("cinemas", cinema):
            self._report_unknown("cinema", cinema, known, entry)
        return cinema in known

    def _check_film(self, screening: Entry) -> None:
        if "film" in screening.wrong:
            return
        film = screening.values["film"]
        if self.minutes_of(film) is None and not self.programme.is_broken("films", film):
            known = {key[0] for key in self.programme.entries["films"]} | set(self.existing.films)
            self._report_unknown("film", film, known, screening)

    def _check_place(self, screening: Entry) -> frozenset[str]:
        """Check the auditorium of a screening; return its zones for sale, empty if unknown."""
        if "cinema" in screening.wrong:
            return frozenset()
        if "room" in screening.wrong:
            self._check_cinema(screening, screening.values["cinema"])
            return frozenset()
        room = (screening.values["cinema"], screening.values["room"])
        if room in self.programme.plans:
            return zones_for_sale(self.programme.plans[room].seats)
        if room in self.programme.entries["rooms"] or self.programme.is_broken("rooms", *room):
            return frozenset()  # its own problem is reported
        if room in self.existing.rooms:
            return self.existing.rooms[room].zones
        known = {" ".join(key) for key in (*self.programme.entries["rooms"], *self.existing.rooms)}
        self._report_unknown("room", " ".join(room), known, screening)
        return frozenset()

    def _check_prices(self, screening: Entry, zones: frozenset[str]) -> None:
        if "price_list" in screening.wrong:
            return
        name, priced = screening.values["price_list"], self.programme.priced
        there = priced.get(name, set())
        if None in priced or None in there:
            return  # a line whose list or zone is unreadable may be the missing one
        if not there:
            known = sorted(listed for listed in priced if listed is not None)
            problem = f"price list {name!r} is not in these files{suggestion(name, known)}"
            self.files.add_problem(screening.place, problem)
            return
        for zone in sorted(zones - there):
            problem = (
                f"price list {name!r} has no price for the room's zone {zone!r} "
                "(one that nobody may buy is named in the room's column not_sold_zones)"
            )
            self.files.add_problem(screening.place, problem)

    def _check_hour(self, screening: Entry) -> None:
        if screening.wrong & {"starts", "cinema"}:
            return
        try:
            self._start(screening)
        except InvalidValue as error:
            self.files.add_problem(screening.place, f"starts: {error}")

    def _report_unknown(self, what: str, name: str, known: Iterable[str], entry: Entry) -> None:
        close = suggestion(name, sorted(known))
        self.files.add_problem(
            entry.place, f"{what} {name!r} is neither in these files nor in the database{close}"
        )
