"""event-service: what is on, where and when, and which seats a room has.

Every page and every claim asks, so what was read is kept while the programme's version stands (`cache.py`): a change
is seen two seconds later at most. `now()` is the database's clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select, update

from app.core import db, showtime
from app.core.cache import Cache
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import local
from app.core.messages import ScreeningCancelled
from app.core.outbox import publish
from app.events import cache
from app.events.cache import programme_cache, programme_changes
from app.events.models import CinemaRow, FilmRow, ScreeningRow, SeatRow, ZoneRow
from app.events.presentations import as_it_stands, former_presentation
from app.events.queries import days_by_site, load_screenings, programme_of_day, screening_query
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
    "as_it_stands",
    "called_off",
    "cancel_screening",
    "cinema",
    "cinema_day",
    "cinemas",
    "day_called_today",
    "days_with_screenings",
    "ensure_on_sale",
    "film",
    "films",
    "former_presentation",
    "is_called_off",
    "keep_scheduled",
    "now",
    "on_sale",
    "programme",
    "programme_today",
    "screening",
    "screenings_of_film",
    "seat_plan",
    "seats_not_sold",
    "today",
    "wheelchair_spaces",
]

# A change of the programme is seen two seconds later. In that time a screening that was called off may still be shown,
# and begun to be bought: its calling-off ends that order like all others, and late money asks the screening's row.
_screenings: Cache[int, Screening] = programme_cache("screenings", most=10_000)
_seat_plans: Cache[int, SeatPlan] = programme_cache("seat plans", most=1_000)
_cinemas: Cache[str, list[Cinema]] = programme_cache("cinemas", most=1)
_films: Cache[str, Film] = programme_cache("films", most=1_000)
_not_sold: Cache[str, frozenset[int]] = programme_cache("seats not sold", most=1)
_programmes: Cache[tuple[date, str | None], tuple[Screening, ...]] = programme_cache("programmes", most=1_000)
_days: Cache[str, dict[str, tuple[date, ...]]] = programme_cache("days with screenings", most=1)


class ScreeningClosed(Conflict):
    """No seats are sold for this screening any more; `code` is `started`, `closed` or `cancelled`."""


def now() -> datetime:
    """The database's clock, which is asked every two seconds at most."""
    return cache.now()


def cinema_day(moment: datetime, zone_name: str) -> date:
    """The cinema day that `moment` belongs to: it ends at 5 in the morning, local time."""
    return showtime.cinema_day(local(moment, zone_name))


def today(cinema: str | None = None) -> date:
    """The cinema day that it is now, at `cinema` or at the first site."""
    return showtime.cinema_day(_clock(cinema))


def day_called_today(cinema: str | None = None) -> date | None:
    """The day that a page may call today; None between midnight and 5, when the word would mean two days."""
    return showtime.unambiguous_today(_clock(cinema))


def _clock(cinema: str | None) -> datetime:
    """What the clock shows at `cinema` or at the first site."""
    sites = cinemas()
    site = next((site for site in sites if site.slug == cinema), sites[0] if sites else None)
    return local(now(), site.timezone if site else "America/Sao_Paulo")


def cinemas() -> list[Cinema]:
    """All sites, in their order."""
    return _cinemas.get("all", _load_cinemas)


def _load_cinemas() -> list[Cinema]:
    rows = db.session().scalars(select(CinemaRow).order_by(CinemaRow.position, CinemaRow.id))
    return [Cinema.of(row) for row in rows]


def cinema(slug: str) -> Cinema:
    """Raises NotFound."""
    for site in cinemas():
        if site.slug == slug:
            return site
    raise NotFound(f"cinema {slug!r}")


def films() -> list[Film]:
    """All films of the house, also without screenings, in the programme's order."""
    rows = db.session().scalars(select(FilmRow).order_by(FilmRow.position, FilmRow.title))
    return [Film.of(row) for row in rows]


def film(slug: str) -> Film:
    """At most 2 s old. Raises NotFound."""
    return _films.get(slug, lambda: _load_film(slug))


def _load_film(slug: str) -> Film:
    row = db.session().scalar(select(FilmRow).where(FilmRow.slug == slug))
    if row is None:
        raise NotFound(f"film {slug!r}")
    return Film.of(row)


def programme(day: date, cinema: str | None = None) -> list[Screening]:
    """Every screening of that cinema day, started and cancelled ones too, by film, site and hour.

    The day is each site's own: from 5 in the morning to 5 in the morning, in the site's time zone. At most 2 s old.
    """
    return list(_programmes.get((day, cinema), lambda: programme_of_day(day, cinema)))


def programme_today() -> dict[str, list[Screening]]:
    """The screenings of today's cinema day of every site, by its slug; a site without any has an empty list.

    One query while all sites have the same day, two while it is 5 in the morning somewhere between them.
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
    """The cinema days from today on that have a screening that was not cancelled. At most 2 s old."""
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
    """Screenings of the film that start at or after `from_` (UTC), cancelled ones too, by hour."""
    query = screening_query().where(ScreeningRow.film_id == film_id, ScreeningRow.starts_at >= from_)
    return load_screenings(query.order_by(ScreeningRow.starts_at, ScreeningRow.id))


def screening(screening_id: int) -> Screening:
    """At most 2 s old. Raises NotFound."""
    return _screenings.get(screening_id, lambda: _load_screening(screening_id))


def _load_screening(screening_id: int) -> Screening:
    if not 0 < screening_id < 2**31:
        raise NotFound(f"screening {screening_id}")
    found = load_screenings(screening_query().where(ScreeningRow.id == screening_id))
    if not found:
        raise NotFound(f"screening {screening_id}")
    return found[0]


def seat_plan(auditorium_id: int) -> SeatPlan:
    """The seats of a room, by row and column; shared by all callers, never changed in place. Raises NotFound."""
    return _seat_plans.get(auditorium_id, lambda: _load_seat_plan(auditorium_id))


def _load_seat_plan(auditorium_id: int) -> SeatPlan:
    rows = db.session().execute(
        select(SeatRow, ZoneRow)
        .join(ZoneRow, ZoneRow.id == SeatRow.zone_id)
        .where(SeatRow.auditorium_id == auditorium_id)
        .order_by(SeatRow.row_index, SeatRow.column)
        .execution_options(populate_existing=True)
    )
    seats = tuple(Seat.of(seat, zone) for seat, zone in rows)
    if not seats:
        raise NotFound(f"auditorium {auditorium_id}")
    zones = db.session().scalars(select(ZoneRow).where(ZoneRow.auditorium_id == auditorium_id))
    return SeatPlan.of(auditorium_id, seats, [Zone.of(zone) for zone in zones])


def seats_not_sold() -> frozenset[int]:
    """The ids of the seats of all rooms that nobody may buy; at most 2 s old."""
    return _not_sold.get("all", _load_not_sold)


def _load_not_sold() -> frozenset[int]:
    return frozenset(db.session().scalars(select(SeatRow.id).where(~SeatRow.for_sale)))


def wheelchair_spaces(auditorium_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """The seat ids of the wheelchair spaces on sale of several rooms, in one query; rooms without any are left out."""
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
    """Whether seats are sold now; `ensure_on_sale` says why not. Asks no query."""
    return screening.status == "scheduled" and now() < screening.sales_close_at


def ensure_on_sale(screening: Screening) -> None:
    """Raises ScreeningClosed: `cancelled`, `started` (or about to: `closed`). Asks no query."""
    if screening.status != "scheduled":
        raise ScreeningClosed("cancelled", screening_id=screening.id)
    moment = now()
    if moment >= screening.sales_close_at:
        raise ScreeningClosed(
            "started" if moment >= screening.starts_at else "closed", screening_id=screening.id
        )


def keep_scheduled(screening_id: int) -> bool:
    """Whether the screening is on, asked of the table itself; if so, nobody calls it off before the caller commits."""
    query = select(ScreeningRow.status).where(ScreeningRow.id == screening_id).with_for_update(read=True)
    return db.session().execute(query).scalar() == "scheduled"


def is_called_off(screening_id: int) -> bool:
    """Whether the cinema has called the screening off, asked of the table itself: true from the commit on."""
    query = select(ScreeningRow.status).where(ScreeningRow.id == screening_id)
    return db.session().execute(query).scalar() == "cancelled"


def called_off(days: int = 7) -> dict[int, str]:
    """Why each screening was called off that would begin later than `days` ago: reasons by its id."""
    since = func.clock_timestamp() - func.make_interval(0, 0, 0, days)
    query = select(ScreeningRow.id, ScreeningRow.cancel_reason).where(
        ScreeningRow.status == "cancelled", ScreeningRow.starts_at > since
    )
    return {row.id: row.cancel_reason or "" for row in db.session().execute(query)}


def cancel_screening(screening_id: int, reason: str) -> Screening:
    """The cinema calls a screening off; its buyers are refunded and told by message. A second call changes nothing.

    Raises NotFound, and Invalid for an empty or overlong reason.
    """
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= 200:
        raise Invalid("screening.reason", "reason")
    scheduled = (ScreeningRow.id == screening_id, ScreeningRow.status == "scheduled")
    if db.session().scalar(select(ScreeningRow.id).where(*scheduled)) is not None:
        programme_changes()
    changed = db.session().execute(
        update(ScreeningRow)
        .where(*scheduled)
        .values(status="cancelled", cancel_reason=reason)
        .returning(ScreeningRow.id)
    )
    if changed.first() is not None:
        publish(ScreeningCancelled(screening_id=screening_id, reason=reason), urgent=True)
    return _load_screening(screening_id)
