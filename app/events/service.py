"""event-service: cinemas, films, screenings, auditoriums and their seat plans.

Values are cached while the programme's version stays the same (`cache.py`): a change is seen two seconds later at
most. `now()` is the database's clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select, text, update

from app.core import db, showtime
from app.core.cache import Cache
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import local
from app.core.messages import ScreeningCancelled
from app.core.outbox import publish
from app.events import cache
from app.events.cache import begin_programme_change, programme_cache
from app.events.models import ScreeningRow, SeatRow
from app.events.presentations import former_presentation
from app.events.queries import (
    cancelled_condition,
    days_by_site,
    load_cinemas,
    load_film,
    load_films,
    load_screenings,
    load_seat_plan,
    programme_of_day,
    screening_query,
)
from app.events.views import Cinema, Film, Presentation, Sales, Screening, Seat, SeatPlan, Zone

__all__ = [
    "Cinema",
    "Film",
    "Presentation",
    "Sales",
    "Screening",
    "ScreeningClosed",
    "Seat",
    "SeatPlan",
    "Zone",
    "cancel_reasons",
    "cancel_screening",
    "cancelled_condition",
    "cinema",
    "cinema_day",
    "cinemas",
    "days_with_screenings",
    "ensure_on_sale",
    "film",
    "films",
    "former_presentation",
    "is_cancelled",
    "lock_presentation",
    "lock_scheduled",
    "now",
    "on_sale",
    "programme",
    "programme_today",
    "screening",
    "screenings_of_film",
    "seat_plan",
    "seats_not_sold",
    "today",
    "unambiguous_today",
    "wheelchair_spaces",
]

# For two seconds, a cancelled screening may still be shown and an order for it started. The cancellation ends that
# order like all others, and the settlement of a late payment reads the screening's row.
_screenings: Cache[int, Screening] = programme_cache("screenings", most=10_000)
_seat_plans: Cache[int, SeatPlan] = programme_cache("seat plans", most=1_000)
_cinemas: Cache[str, list[Cinema]] = programme_cache("cinemas", most=1)
_films: Cache[str, Film] = programme_cache("films", most=1_000)
_not_sold: Cache[str, frozenset[int]] = programme_cache("seats not sold", most=1)
_programmes: Cache[tuple[date, str | None], tuple[Screening, ...]] = programme_cache("programmes", most=1_000)
_days: Cache[str, dict[str, tuple[date, ...]]] = programme_cache("days with screenings", most=1)

_LOCKED_REVISION = text("select revision from events.screenings where id = :id for key share")
_STATUS = text("select status from events.screenings where id = :id")


class ScreeningClosed(Conflict):
    """Sales of the screening are over; `code` is `started`, `closed` or `cancelled`."""


def now() -> datetime:
    """Return the database's time, which is read every two seconds at most."""
    return cache.now()


def cinema_day(moment: datetime, zone_name: str) -> date:
    """Return the cinema day of `moment`. Cinema days end at 5 in the morning, local time."""
    return showtime.cinema_day(local(moment, zone_name))


def today(cinema: str | None = None) -> date:
    """Return the current cinema day at `cinema` (slug) or at the first site."""
    return showtime.cinema_day(_clock(cinema))


def unambiguous_today(cinema: str | None = None) -> date | None:
    """Return the day that a page may call today; None between midnight and 5, when the word may mean two days."""
    return showtime.unambiguous_today(_clock(cinema))


def _clock(cinema: str | None) -> datetime:
    """Return the local time at `cinema` or at the first site."""
    sites = cinemas()
    site = next((site for site in sites if site.slug == cinema), sites[0] if sites else None)
    return local(now(), site.timezone if site else "America/Sao_Paulo")


def cinemas() -> list[Cinema]:
    """Return all sites, in their order."""
    return _cinemas.get("all", load_cinemas)


def cinema(slug: str) -> Cinema:
    """Return a site. Raises NotFound."""
    for site in cinemas():
        if site.slug == slug:
            return site
    raise NotFound(f"cinema {slug!r}")


def films() -> list[Film]:
    """Return all films, also those without screenings, in the programme's order."""
    return load_films()


def film(slug: str) -> Film:
    """Return a film, at most 2 s old. Raises NotFound."""
    return _films.get(slug, lambda: load_film(slug))


def programme(day: date, cinema: str | None = None) -> list[Screening]:
    """Return the screenings of a cinema day, started and cancelled ones too, by film, site and hour; at most 2 s old.

    A cinema day lasts from 5 to 5 in the morning, in the time zone of each site.
    """
    return list(_programmes.get((day, cinema), lambda: programme_of_day(day, cinema)))


def programme_today() -> dict[str, list[Screening]]:
    """Return today's screenings of every site, by slug; the list of a site without any is empty.

    It takes one query while all sites have the same cinema day, otherwise two.
    """
    days = {site.slug: today(site.slug) for site in cinemas()}
    found: dict[str, list[Screening]] = {slug: [] for slug in days}
    for day in set(days.values()):
        for screening in programme(day):
            slug = screening.cinema.slug
            if days.get(slug) == day:
                found[slug].append(screening)
    return found


def days_with_screenings(cinema: str | None = None) -> list[date]:
    """Return the cinema days from today on with a screening that is not cancelled, at most 2 s old."""
    by_site = _days.get("all", days_by_site)
    moment = now()
    return sorted(
        {
            day
            for site in cinemas()
            if cinema in (None, site.slug)
            for day in by_site.get(site.slug, ())
            if day >= cinema_day(moment, site.timezone)
        }
    )


def screenings_of_film(film_id: int, from_: datetime) -> list[Screening]:
    """Return the film's screenings that start at or after `from_` (UTC), cancelled ones too, by hour."""
    query = screening_query().where(ScreeningRow.film_id == film_id, ScreeningRow.starts_at >= from_)
    return load_screenings(query.order_by(ScreeningRow.starts_at, ScreeningRow.id))


def screening(screening_id: int) -> Screening:
    """Return a screening, at most 2 s old. Raises NotFound."""
    return _screenings.get(screening_id, lambda: _load_screening(screening_id))


def _load_screening(screening_id: int) -> Screening:
    if not 0 < screening_id < 2**31:
        raise NotFound(f"screening {screening_id}")
    found = load_screenings(screening_query().where(ScreeningRow.id == screening_id))
    if not found:
        raise NotFound(f"screening {screening_id}")
    return found[0]


def seat_plan(auditorium_id: int) -> SeatPlan:
    """Return the seats of an auditorium, by row and column. Callers share the object. Raises NotFound."""
    return _seat_plans.get(auditorium_id, lambda: load_seat_plan(auditorium_id))


def seats_not_sold() -> frozenset[int]:
    """Return the ids of the seats of all auditoriums that are not for sale, at most 2 s old."""
    return _not_sold.get("all", _load_not_sold)


def _load_not_sold() -> frozenset[int]:
    return frozenset(db.session().scalars(select(SeatRow.id).where(~SeatRow.for_sale)))


def wheelchair_spaces(auditorium_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Return the wheelchair spaces for sale by auditorium id, in one query; auditoriums without any are left out."""
    found: dict[int, tuple[int, ...]] = {}
    rows = db.session().execute(
        select(SeatRow.auditorium_id, SeatRow.id)
        .where(SeatRow.auditorium_id.in_(set(auditorium_ids)), SeatRow.kind == "wheelchair", SeatRow.for_sale)
        .order_by(SeatRow.id)
    )
    for auditorium_id, seat_id in rows:
        found[auditorium_id] = (*found.get(auditorium_id, ()), seat_id)
    return found


def on_sale(screening: Screening) -> bool:
    """Return whether seats are sold now, without a query; `ensure_on_sale` raises the reason."""
    return screening.status == "scheduled" and now() < screening.sales_close_at


def ensure_on_sale(screening: Screening) -> None:
    """Raise ScreeningClosed `cancelled`, `started` or (before the start) `closed`, without a query."""
    if screening.status != "scheduled":
        raise ScreeningClosed("cancelled", screening_id=screening.id)
    moment = now()
    if moment >= screening.sales_close_at:
        raise ScreeningClosed(
            "started" if moment >= screening.starts_at else "closed", screening_id=screening.id
        )


def lock_scheduled(screening_id: int) -> bool:
    """Return whether the screening is scheduled, and if so, lock it: it is not cancelled before the caller commits."""
    query = select(ScreeningRow.status).where(ScreeningRow.id == screening_id).with_for_update(read=True)
    return db.session().execute(query).scalar() == "scheduled"


def is_cancelled(screening_id: int) -> bool:
    """Return whether the screening is cancelled, read from the table and not from a cache."""
    return bool(db.session().execute(_STATUS, {"id": screening_id}).scalar() == "cancelled")


def lock_presentation(screening: Screening) -> Screening:
    """Lock the presentation of a screening until the caller commits; return the screening with the current one.

    `screening` may be two seconds old. It takes one statement unless the presentation has changed. Raises NotFound.
    """
    # An import locks the row `for update`, so each waits for the other's commit. Claims and orders do not wait.
    revision = db.session().execute(_LOCKED_REVISION, {"id": screening.id}).scalar()
    if revision is None:
        raise NotFound(f"screening {screening.id}")
    if revision == screening.revision:
        return screening
    cache.READINGS.clear()
    return _load_screening(screening.id)


def cancel_reasons(days: int = 7) -> dict[int, str]:
    """Return the reasons of cancelled screenings by id, for those that start later than `days` days ago."""
    since = func.clock_timestamp() - func.make_interval(0, 0, 0, days)
    query = select(ScreeningRow.id, ScreeningRow.cancel_reason).where(
        ScreeningRow.status == "cancelled", ScreeningRow.starts_at > since
    )
    return {row.id: row.cancel_reason or "" for row in db.session().execute(query)}


def cancel_screening(screening_id: int, reason: str) -> Screening:
    """Cancel a screening; a message has its buyers refunded and notified. A second call changes nothing.

    Raises NotFound, and Invalid for an empty or overlong reason.
    """
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= 200:
        raise Invalid("screening.reason", "reason")
    scheduled = (ScreeningRow.id == screening_id, ScreeningRow.status == "scheduled")
    if db.session().scalar(select(ScreeningRow.id).where(*scheduled)) is not None:
        begin_programme_change()
    changed = db.session().execute(
        update(ScreeningRow)
        .where(*scheduled)
        .values(status="cancelled", cancel_reason=reason)
        .returning(ScreeningRow.id)
    )
    if changed.first() is not None:
        publish(ScreeningCancelled(screening_id=screening_id, reason=reason), urgent=True)
    return _load_screening(screening_id)
