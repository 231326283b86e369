"""The screenings of other days and other sites, by which a door without network tells such tickets apart.

They come with a snapshot and not with the changes: without the newest ones a verdict is less exact, not wrong.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from app.core.i18n import auditorium_name
from app.core.showtime import Showtime
from app.door.offline_data import SiteDay
from app.door.ticket_verdicts import on_day
from app.events import service as events
from app.events.service import Screening

DAYS_BEFORE: Final = 7
DAYS_AFTER: Final = 14
MOST: Final = 4_000  # rows, some 60 bytes each


def payload(today: SiteDay, locale: str) -> dict[str, Any]:
    """`screenings` has rows of id, index in `sites`, index in `days`, title, auditorium and time."""
    found = _screenings(today)
    sites = {one.cinema.id: one.cinema for one in found}
    days = {_dates(one.showtime): one.showtime for one in found}
    site_index = {site: index for index, site in enumerate(sites)}
    day_index = {dates: index for index, dates in enumerate(days)}
    return {
        "sites": [{"id": site.id, "name": site.name, "address": site.address} for site in sites.values()],
        "days": [_day(one, locale) for one in days.values()],
        "screenings": [
            [
                one.id,
                site_index[one.cinema.id],
                day_index[_dates(one.showtime)],
                one.film.title_in(locale),
                auditorium_name(one.auditorium_name, locale),
                one.showtime.time(locale),
            ]
            for one in found
        ],
    }


def _screenings(today: SiteDay) -> list[Screening]:
    """The nearest days first, so that the limit leaves out the last ones."""
    here = {one.id for one in today.screenings}
    days = sorted(range(-DAYS_BEFORE, DAYS_AFTER + 1), key=abs)
    found = [
        one
        for days_later in days
        for one in events.programme(today.day + timedelta(days=days_later))
        if one.id not in here
    ]
    return found[:MOST]


def _dates(showtime: Showtime) -> tuple[date, date]:
    """The cinema day and the date: a screening after midnight belongs to the evening before it."""
    return showtime.cinema_day, showtime.day


def _day(showtime: Showtime, locale: str) -> dict[str, str]:
    """`day` is the cinema day; the words name the date of the showtime, as everywhere."""
    long = showtime.day_long(locale)
    return {
        "day": showtime.cinema_day.isoformat(),
        "short": showtime.day_short(locale),
        "weekday": showtime.weekday(locale),
        "long": long,
        "on_day": on_day(long),
    }
