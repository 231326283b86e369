"""The screenings that a kiosk sells: those of its site, with how full they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice

from app.events import service as events
from app.events.service import Cinema, Film, Screening
from app.reservations import service as reservations
from app.users.service import Device

FEW = 9  # up to here the number of seats left is shown


@dataclass(frozen=True, slots=True)
class Showing:
    """A screening on sale; `left` is the number of its free seats."""

    screening: Screening
    left: int

    @property
    def state(self) -> str:
        """As the component of ticket stubs wants it: `open`, `few` or `sold-out`."""
        if self.left == 0:
            return "sold-out"
        return "few" if self.left <= FEW else "open"


@dataclass(frozen=True, slots=True)
class FilmShowings:
    """A film and its showings of one day, by hour."""

    film: Film
    showings: tuple[Showing, ...]


def site_of(device: Device) -> Cinema:
    """The device's site. If it is no longer in the programme, the first one, whose screenings it does not sell."""
    sites = events.cinemas()
    return next((site for site in sites if site.id == device.site_id), sites[0])


def days(site: Cinema, most: int = 7) -> list[date]:
    """The next cinema days of the site with a screening on sale: today ends with its last one."""
    found = (
        day
        for day in events.days_with_screenings(site.slug)
        if any(events.on_sale(one) for one in events.programme(day, site.slug))
    )
    return list(islice(found, most))


def showings(site: Cinema, day: date) -> list[Showing]:
    """The day's screenings that are on sale, by hour."""
    on_sale = [one for one in events.programme(day, site.slug) if events.on_sale(one)]
    taken = (
        reservations.occupancy([one.id for one in on_sale], not_sold=events.seats_not_sold())
        if on_sale
        else {}
    )
    found = [Showing(one, max(0, one.capacity - taken.get(one.id, 0))) for one in on_sale]
    return sorted(found, key=lambda one: (one.screening.starts_at, one.screening.id))


def next_showings(site: Cinema, most: int) -> list[Showing]:
    """The next screenings with a free seat, of today or else of the next day that has one."""
    for day in days(site):
        if free := [one for one in showings(site, day) if one.left]:
            return free[:most]
    return []


def by_film(found: Sequence[Showing]) -> list[FilmShowings]:
    """The showings by film, in the order of each film's first one."""
    ordered = sorted(found, key=lambda one: one.screening.film.id)
    films = [
        FilmShowings(film, tuple(group)) for film, group in groupby(ordered, lambda one: one.screening.film)
    ]
    return sorted(films, key=lambda one: one.showings[0].screening.starts_at)
