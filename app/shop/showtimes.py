"""Showtimes as the programme and the film page list them: stubs with their state, grouped by film, day and site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from app.core.i18n import auditorium_name
from app.core.money import format_money_short
from app.events import service as events
from app.events.service import Cinema, Film, Screening
from app.reservations import service as reservations
from app.shop.labels import long_version, short_version
from app.web.locale import locale

FEW = 9  # Up to here the page shows the number of seats left, above it a meter.
EIGHTHS = 8


@dataclass(frozen=True, slots=True)
class Stub:
    """A showtime in a list, drawn as a ticket stub.

    `state` is open, few, sold-out, started, closed or cancelled; `left` is the number of free seats; `eighths` is how
    much is sold, 0 to 7; `has_begun` is True also while a screening that began is still on sale.
    """

    screening: Screening
    state: str
    left: int
    eighths: int
    has_begun: bool

    @property
    def sells(self) -> bool:
        return self.state in ("open", "few", "sold-out")

    def time(self, locale: str) -> str:
        return self.screening.showtime.time(locale)

    @property
    def night_note(self) -> str:
        """`dom 06/12, madrugada` if its date is not the day under which it is listed, else empty."""
        return self.screening.showtime.night_note(locale())

    def label(self) -> str:
        """`Leg · Sala 2`; in 3D `Leg 3D · Sala 2`. A line break is possible at the dot only."""
        version = short_version(self.screening.version)
        if self.screening.format != "2D":
            version = f"{version}\u00a0{self.screening.format}"
        room = auditorium_name(self.screening.auditorium_name, locale())
        return f"{version}\u00a0· {room.replace(' ', chr(160))}"

    def spoken_label(self) -> str:
        """The label without abbreviations, for screen readers: `legendado 3D, Sala 2`."""
        shown = "" if self.screening.format == "2D" else f" {self.screening.format}"
        room = auditorium_name(self.screening.auditorium_name, locale())
        return f"{long_version(self.screening.version)}{shown}, {room}"

    def price(self, locale: str) -> str:
        return format_money_short(self.screening.from_price, locale)


@dataclass(frozen=True, slots=True)
class SiteStubs:
    cinema: Cinema
    stubs: tuple[Stub, ...]


@dataclass(frozen=True, slots=True)
class FilmOnDay:
    film: Film
    sites: tuple[SiteStubs, ...]

    @property
    def stubs(self) -> list[Stub]:
        """The stubs of all sites, by hour."""
        stubs = [stub for site in self.sites for stub in site.stubs]
        return sorted(stubs, key=lambda stub: stub.screening.starts_at)

    @property
    def sells(self) -> bool:
        return any(stub.sells for stub in self.stubs)

    @property
    def has_seats(self) -> bool:
        return any(stub.state in ("open", "few") for stub in self.stubs)


@dataclass(frozen=True, slots=True)
class DayOfFilm:
    day: date
    sites: tuple[SiteStubs, ...]


def stubs_of(screenings: Sequence[Screening]) -> list[Stub]:
    """A stub for each screening, in their order. One query reads the occupancy of all."""
    if not screenings:
        return []
    ids = [screening.id for screening in screenings]
    taken = reservations.occupancy(ids, not_sold=events.seats_not_sold())
    return [_stub(screening, taken.get(screening.id, 0)) for screening in screenings]


def _stub(screening: Screening, taken: int) -> Stub:
    left = max(0, screening.capacity - taken)
    moment = events.now()
    if screening.status == "cancelled":
        state = "cancelled"
    elif moment >= screening.sales_close_at:
        state = "started" if moment >= screening.starts_at else "closed"
    elif left == 0:
        state = "sold-out"
    else:
        state = "few" if left <= FEW else "open"
    # Rounded up, so that one sold seat shows; at most 7, so that a screening with a free seat never looks full.
    eighths = -(-taken * EIGHTHS // screening.capacity) if screening.capacity else 0
    return Stub(screening, state, left, min(eighths, EIGHTHS - 1), has_begun=moment >= screening.starts_at)


def by_film(stubs: Iterable[Stub]) -> list[FilmOnDay]:
    """Films in the programme's order: with a seat to sell, then sold out, then over for today."""
    films = [
        FilmOnDay(film, by_site(group))
        for film, group in groupby(stubs, key=lambda stub: stub.screening.film)
    ]
    return sorted(films, key=lambda film: (not film.sells, not film.has_seats))


def by_site(stubs: Iterable[Stub]) -> tuple[SiteStubs, ...]:
    return tuple(
        SiteStubs(cinema, tuple(group))
        for cinema, group in groupby(stubs, key=lambda stub: stub.screening.cinema)
    )


def by_day(stubs: Iterable[Stub]) -> list[DayOfFilm]:
    """The stubs by cinema day, and by site in the usual order of sites."""
    days: dict[date, list[Stub]] = {}
    for stub in stubs:
        days.setdefault(stub.screening.showtime.cinema_day, []).append(stub)
    order = {site.id: place for place, site in enumerate(events.cinemas())}
    return [
        DayOfFilm(day, by_site(sorted(days[day], key=lambda stub: order.get(stub.screening.cinema.id, 0))))
        for day in sorted(days)
    ]


def with_free_wheelchair_space(screenings: Sequence[Screening]) -> list[Screening]:
    """The screenings that have a free wheelchair space now. Two queries for all of them."""
    spaces = events.wheelchair_spaces(screening.auditorium_id for screening in screenings)
    fitting = [screening for screening in screenings if screening.auditorium_id in spaces]
    if not fitting:
        return []
    seat_ids = [seat_id for ids in spaces.values() for seat_id in ids]
    taken = reservations.taken_in_each([screening.id for screening in fitting], seat_ids)
    return [
        screening
        for screening in fitting
        if any((screening.id, seat_id) not in taken for seat_id in spaces[screening.auditorium_id])
    ]
