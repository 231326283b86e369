"""Load the stored programme in the form in which an import compares it with the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text, update

from app.core import db
from app.events.auditorium_plans import PlannedSeat, zones_for_sale
from app.events.import_files import Place
from app.events.models import AuditoriumRow, CinemaRow, FilmRow, PriceRow, ScreeningRow, SeatRow, ZoneRow

TURNAROUND = timedelta(minutes=15)  # between two screenings: the auditorium stays occupied for it


@dataclass(frozen=True, slots=True)
class Show:
    """A screening of a file (`place`) or of the database (`id`).

    `room` is cinema and label of the auditorium; `clock` the local start.
    """

    ref: str
    film: str
    room: tuple[str, str]
    clock: datetime
    starts_at: datetime
    ends_at: datetime
    version: str
    format: str
    status: str
    place: Place | None = None
    id: int = 0

    def changes_to(self, other: Show) -> dict[str, Any]:
        names = ("ends_at", "version", "format")
        return {name: getattr(other, name) for name in names if getattr(other, name) != getattr(self, name)}


@dataclass(frozen=True, slots=True)
class Room:
    id: int
    name: str
    paper_colour: str
    seats: tuple[PlannedSeat, ...]
    zone_ids: Mapping[str, int]
    zone_names: Mapping[str, tuple[str, str]]
    has_screenings: bool

    @property
    def zones(self) -> frozenset[str]:
        """Return the codes of the zones that need a price."""
        return zones_for_sale(self.seats)

    def update(self, changes: Mapping[str, Any]) -> None:
        db.session().execute(update(AuditoriumRow).where(AuditoriumRow.id == self.id).values(dict(changes)))


@dataclass
class Existing:
    """The stored programme: cinemas and films by slug, rooms by cinema and label, screenings by ref, prices by id."""

    cinemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    rooms: dict[tuple[str, str], Room] = field(default_factory=dict)
    films: dict[str, dict[str, Any]] = field(default_factory=dict)
    shows: dict[str, Show] = field(default_factory=dict)
    scheduled: list[Show] = field(default_factory=list)
    prices: dict[int, dict[int, int]] = field(default_factory=dict)

    @staticmethod
    def local(moment: datetime, zone_name: str) -> datetime:
        return moment.astimezone(ZoneInfo(zone_name))

    @classmethod
    def load(cls) -> Existing:
        existing = cls()
        session = db.session()
        for table, kept in ((CinemaRow, existing.cinemas), (FilmRow, existing.films)):
            for row in session.execute(select(table.__table__)).mappings():
                kept[row["slug"]] = dict(row)
        existing._load_rooms()
        existing._load_shows()
        for price in session.execute(select(PriceRow.screening_id, PriceRow.zone_id, PriceRow.price)):
            existing.prices.setdefault(price.screening_id, {})[price.zone_id] = price.price
        return existing

    def _load_rooms(self) -> None:
        session = db.session()
        seats: dict[int, list[PlannedSeat]] = {}
        zones: dict[int, dict[str, int]] = {}
        names: dict[int, dict[str, tuple[str, str]]] = {}
        codes: dict[int, str] = {}
        for zone in session.execute(select(ZoneRow.__table__)):
            zones.setdefault(zone.auditorium_id, {})[zone.code] = zone.id
            names.setdefault(zone.auditorium_id, {})[zone.code] = (zone.name, zone.name_en)
            codes[zone.id] = zone.code
        rows = session.execute(select(SeatRow.__table__)).all()
        columns = {row.id: row.column for row in rows}
        for row in rows:
            seats.setdefault(row.auditorium_id, []).append(
                PlannedSeat(
                    row_label=row.row_label,
                    row_index=row.row_index,
                    number=row.number,
                    column=row.column,
                    width=row.width,
                    kind=row.kind,
                    zone=codes[row.zone_id],
                    companion_of=columns.get(row.companion_of),
                    section=row.section,
                    for_sale=row.for_sale,
                )
            )
        busy = set(session.scalars(select(ScreeningRow.auditorium_id).distinct()))
        query = select(AuditoriumRow, CinemaRow.slug).join(CinemaRow, CinemaRow.id == AuditoriumRow.cinema_id)
        for room, slug in session.execute(query.execution_options(populate_existing=True)):
            self.rooms[slug, room.label] = Room(
                room.id,
                room.name,
                room.paper_colour,
                tuple(seats.get(room.id, ())),
                zones.get(room.id, {}),
                names.get(room.id, {}),
                room.id in busy,
            )

    def _load_shows(self) -> None:
        """Load all screenings with a ref; those without one only while others may overlap them."""
        query = (
            select(
                ScreeningRow.__table__,
                FilmRow.slug.label("film"),
                CinemaRow.slug.label("cinema"),
                func.coalesce(ScreeningRow.timezone, CinemaRow.timezone).label("zone"),
                AuditoriumRow.label,
            )
            .join(FilmRow, FilmRow.id == ScreeningRow.film_id)
            .join(AuditoriumRow, AuditoriumRow.id == ScreeningRow.auditorium_id)
            .join(CinemaRow, CinemaRow.id == AuditoriumRow.cinema_id)
            .where(text("(external_ref is not null or ends_at > now() - interval '2 days')"))
        )
        for row in db.session().execute(query):
            show = Show(
                ref=row.external_ref or f"screening {row.id}",
                film=row.film,
                room=(row.cinema, row.label),
                clock=row.starts_local or self.local(row.starts_at, row.zone).replace(tzinfo=None),
                starts_at=row.starts_at.astimezone(UTC),
                ends_at=row.ends_at.astimezone(UTC),
                version=row.version,
                format=row.format,
                status=row.status,
                id=row.id,
            )
            if row.external_ref:
                self.shows[row.external_ref] = show
            if row.status == "scheduled":
                self.scheduled.append(show)
