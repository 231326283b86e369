"""Write a checked programme: insert what is new and update what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import db
from app.core.messages import ScreeningChanged
from app.core.outbox import publish
from app.events import presentations
from app.events.auditorium_plans import in_order, not_for_sale
from app.events.auditorium_writing import (
    capacity_of,
    write_auditorium,
    write_for_sale,
    write_seats,
    write_zones,
)
from app.events.import_checks import Entry, Programme
from app.events.import_existing import Existing, Room, Show
from app.events.models import CinemaRow, FilmRow, PriceRow, ScreeningRow, SeatRow, ZoneRow


@dataclass
class Report:
    """The result of an import: numbers by kind of what was added, changed and the same, and notes.

    `rooms` are remarks on how plans were read.
    """

    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)

    def count(self, kind: str, outcome: str) -> None:
        getattr(self, outcome)[kind] += 1


@dataclass
class Writer:
    """Writes a checked programme and counts the changes.

    `sold` are the ids of the screenings whose buyers are notified of a change.
    """

    programme: Programme
    existing: Existing
    report: Report
    sold: frozenset[int] = frozenset()

    def write(self, shows: Sequence[Show]) -> Report:
        for entry in self.programme.entries["cinemas"].values():
            self._row("cinemas", CinemaRow, entry, self.existing.cinemas.get(entry.key[0]))
        for position, entry in enumerate(self.programme.entries["films"].values()):
            before = self.existing.films.get(entry.key[0])
            if before is None:
                entry.values.setdefault("position", position)
            self._row("films", FilmRow, entry, before)
        for entry in self.programme.entries["rooms"].values():
            self._room(entry)
        now_there = Existing.load()
        # Stored screenings first: they may become shorter, and the database checks overlaps at each statement.
        for show in sorted(shows, key=lambda one: one.ref not in now_there.shows):
            self._show(show, now_there)
        return self.report

    def _row(self, kind: str, table: type[Any], entry: Entry, before: Mapping[str, Any] | None) -> None:
        values = {name: value for name, value in entry.values.items() if name != "folder"}
        if before is None:
            db.session().execute(insert(table).values(values))
            self.report.count(kind, "added")
            return
        changes = {name: value for name, value in values.items() if before[name] != value}
        if changes:
            db.session().execute(update(table).where(table.slug == entry.key[0]).values(changes))
        self.report.count(kind, "changed" if changes else "same")

    def _room(self, entry: Entry) -> None:
        plan, values = self.programme.plans[entry.key], entry.values
        name = values.get("name", f"Sala {values['label']}")
        paper_colour = values.get("paper_colour", "manila")
        before = self.existing.rooms.get((entry.key[0], entry.key[1]))
        if before is None:
            cinema_id = db.session().scalars(select(CinemaRow.id).where(CinemaRow.slug == entry.key[0])).one()
            write_auditorium(cinema_id, values["label"], name, paper_colour, plan.seats, plan.zone_names)
            self.report.count("rooms", "added")
            return
        changes: dict[str, Any] = {
            key: values[key]
            for key in ("name", "paper_colour")
            if key in values and values[key] != getattr(before, key)
        }
        new_seats = in_order(plan.seats) != in_order(before.seats)
        if new_seats:
            changes["capacity"] = capacity_of(plan.seats)
            db.session().execute(delete(SeatRow).where(SeatRow.auditorium_id == before.id))
            db.session().execute(delete(ZoneRow).where(ZoneRow.auditorium_id == before.id))
            zones = write_zones(before.id, [seat.zone for seat in plan.seats], plan.zone_names)
            write_seats(before.id, plan.seats, zones)
        elif not_for_sale(plan.seats) != not_for_sale(before.seats):
            changes["capacity"] = capacity_of(plan.seats)
            write_for_sale(before.id, plan.seats)
        if changes:
            before.update(changes)
        renamed = not new_seats and self._rename_zones(before, plan.zone_names)
        self.report.count("rooms", "changed" if changes or renamed else "same")

    def _rename_zones(self, room: Room, names: Mapping[str, tuple[str, str]]) -> bool:
        renamed = False
        for code, zone_id in room.zone_ids.items():
            name = names.get(code, (code, code))
            if name != room.zone_names[code]:
                values = {"name": name[0], "name_en": name[1]}
                db.session().execute(update(ZoneRow).where(ZoneRow.id == zone_id).values(values))
                renamed = True
        return renamed

    def _show(self, show: Show, there: Existing) -> None:
        before = there.shows.get(show.ref)
        room = there.rooms[show.room]
        prices = self._prices(show, room)
        changes = {} if before is None else before.changes_to(show)
        if before is None:
            values = {
                "film_id": there.films[show.film]["id"],
                "auditorium_id": room.id,
                "starts_at": show.starts_at,
                "ends_at": show.ends_at,
                "starts_local": show.clock,
                "timezone": there.cinemas[show.room[0]]["timezone"],
                "version": show.version,
                "format": show.format,
                "external_ref": show.ref,
            }
            screening_id = (
                db.session().scalars(insert(ScreeningRow).values(values).returning(ScreeningRow.id)).one()
            )
        else:
            screening_id = before.id
            if changes:
                revision = presentations.change(screening_id, changes)
                if screening_id in self.sold:
                    publish(ScreeningChanged(screening_id, revision), urgent=True)
        known = there.prices.get(screening_id, {})
        repriced = any(known.get(zone_id) != price for zone_id, price in prices.items())
        if repriced:
            self._write_prices(screening_id, prices)
        self.report.count(
            "screenings", "added" if before is None else "changed" if changes or repriced else "same"
        )

    def _prices(self, show: Show, room: Room) -> dict[int, int]:
        entry = self.programme.entries["screenings"][(show.ref,)]
        prices = self.programme.price_list(entry.values["price_list"])
        return {
            zone_id: prices[code].values["price"] for code, zone_id in room.zone_ids.items() if code in prices
        }

    def _write_prices(self, screening_id: int, prices: Mapping[int, int]) -> None:
        rows = [
            {"screening_id": screening_id, "zone_id": zone, "price": price} for zone, price in prices.items()
        ]
        statement = insert(PriceRow).values(rows)
        statement = statement.on_conflict_do_update(
            index_elements=["screening_id", "zone_id"], set_={"price": statement.excluded.price}
        )
        db.session().execute(statement)
