"""Read the programme as views: screenings, their days, sites, films, seat plans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, Select, func, select, text

from app.core import db
from app.core.errors import NotFound
from app.core.i18n import zone as timezone
from app.core.seat_names import full_name
from app.core.showtime import Showtime
from app.events.models import AuditoriumRow, CinemaRow, FilmRow, PriceRow, ScreeningRow, SeatRow, ZoneRow
from app.events.views import Cinema, Film, Screening, Seat, SeatPlan, Zone


def cancelled_condition(screening_id: str) -> str:
    """Return `service.is_cancelled` as a condition of SQL; `screening_id` is a column, such as `t.screening_id`.

    For the statement that admits a ticket: a statement of its own for this would cost a round trip each time.
    """
    return f"exists (select from events.screenings s where s.id = {screening_id} and s.status = 'cancelled')"


def programme_of_day(day: date, cinema: str | None) -> tuple[Screening, ...]:
    """Return the screenings of a cinema day, of one site (slug) or of all, by film, site and hour."""
    query = screening_query().where(_day_of_screening() == day)
    if cinema is not None:
        query = query.where(CinemaRow.slug == cinema)
    # A wide window in UTC uses the index on starts_at; the exact rule then checks few rows.
    noon = datetime.combine(day, time(12), tzinfo=timezone("UTC"))
    try:
        earliest, latest = noon - timedelta(days=2), noon + timedelta(days=2)
    except OverflowError:  # the first and the last days that Python knows
        return ()
    query = query.where(ScreeningRow.starts_at.between(earliest, latest))
    query = query.order_by(
        FilmRow.position, FilmRow.id, CinemaRow.position, CinemaRow.id, ScreeningRow.starts_at
    )
    return tuple(load_screenings(query))


def days_by_site() -> dict[str, tuple[date, ...]]:
    """Return the cinema days with a screening that is not cancelled, by site, from yesterday on."""
    query = (
        select(CinemaRow.slug, _day_of_screening().label("day"))
        .select_from(ScreeningRow)
        .join(AuditoriumRow, AuditoriumRow.id == ScreeningRow.auditorium_id)
        .join(CinemaRow, CinemaRow.id == AuditoriumRow.cinema_id)
        .where(ScreeningRow.status == "scheduled")
        .where(ScreeningRow.starts_at > func.clock_timestamp() - text("interval '2 days'"))
        .distinct()
    )
    days: dict[str, tuple[date, ...]] = {}
    for row in db.session().execute(query):
        days[row.slug] = (*days.get(row.slug, ()), row.day)
    return days


def _day_of_screening() -> ColumnElement[date]:
    """Return the cinema day by the stored local hour; rows of older versions have none and use the site's zone."""
    clock = func.coalesce(
        ScreeningRow.starts_local,
        func.timezone(func.coalesce(ScreeningRow.timezone, CinemaRow.timezone), ScreeningRow.starts_at),
    )
    return func.date(clock - text("interval '5 hours'"))


def screening_query() -> Select[
    tuple[ScreeningRow, FilmRow, AuditoriumRow, CinemaRow, dict[str, int], int | None]
]:
    prices = (
        select(func.jsonb_object_agg(PriceRow.zone_id, PriceRow.price))
        .where(PriceRow.screening_id == ScreeningRow.id)
        .scalar_subquery()
    )
    sold = select(SeatRow.id).where(SeatRow.zone_id == PriceRow.zone_id, SeatRow.for_sale).exists()
    cheapest = (
        select(func.min(PriceRow.price))
        .where(PriceRow.screening_id == ScreeningRow.id, sold)
        .scalar_subquery()
    )
    return (
        select(ScreeningRow, FilmRow, AuditoriumRow, CinemaRow, prices, cheapest)
        .join(FilmRow, FilmRow.id == ScreeningRow.film_id)
        .join(AuditoriumRow, AuditoriumRow.id == ScreeningRow.auditorium_id)
        .join(CinemaRow, CinemaRow.id == AuditoriumRow.cinema_id)
        .execution_options(populate_existing=True)
    )


def load_screenings(query: Select) -> list[Screening]:
    """Return the screenings that a `screening_query` selects."""
    found: list[Screening] = []
    sites: dict[int, Cinema] = {}
    shown: dict[int, Film] = {}
    for row, film_row, auditorium, cinema_row, prices, cheapest in db.session().execute(query):
        site = sites.setdefault(cinema_row.id, _cinema(cinema_row))
        film = shown.setdefault(film_row.id, _film(film_row))
        found.append(_screening(row, film, site, auditorium, prices or {}, cheapest))
    return found


def load_cinemas() -> list[Cinema]:
    """Return all sites, in their order."""
    rows = db.session().scalars(select(CinemaRow).order_by(CinemaRow.position, CinemaRow.id))
    return [_cinema(row) for row in rows]


def load_films() -> list[Film]:
    """Return all films, in the programme's order."""
    rows = db.session().scalars(select(FilmRow).order_by(FilmRow.position, FilmRow.title))
    return [_film(row) for row in rows]


def load_film(slug: str) -> Film:
    """Return a film. Raises NotFound."""
    row = db.session().scalar(select(FilmRow).where(FilmRow.slug == slug))
    if row is None:
        raise NotFound(f"film {slug!r}")
    return _film(row)


def load_seat_plan(auditorium_id: int) -> SeatPlan:
    """Return the seats of an auditorium. Raises NotFound."""
    rows = db.session().execute(
        select(SeatRow, ZoneRow)
        .join(ZoneRow, ZoneRow.id == SeatRow.zone_id)
        .where(SeatRow.auditorium_id == auditorium_id)
        .order_by(SeatRow.row_index, SeatRow.column)
        .execution_options(populate_existing=True)
    )
    seats = tuple(_seat(seat, zone) for seat, zone in rows)
    if not seats:
        raise NotFound(f"auditorium {auditorium_id}")
    zones = db.session().scalars(select(ZoneRow).where(ZoneRow.auditorium_id == auditorium_id))
    return SeatPlan.of(auditorium_id, seats, [_zone(row) for row in zones])


def _cinema(row: CinemaRow) -> Cinema:
    return Cinema(row.id, row.slug, row.name, row.address, row.city, row.timezone, row.sales_cutoff_minutes)


def _film(row: FilmRow) -> Film:
    return Film(
        id=row.id,
        slug=row.slug,
        title=row.title,
        title_en=row.title_en,
        original_title=row.original_title,
        year=row.year,
        director=row.director,
        duration_minutes=row.duration_minutes,
        age_rating=row.age_rating,
        age_reasons=row.age_reasons,
        age_reasons_en=row.age_reasons_en,
        genres=tuple(row.genres),
        genres_en=tuple(row.genres_en),
        synopsis=row.synopsis,
        synopsis_en=row.synopsis_en,
        poster=row.poster,
        trailer=row.trailer,
        position=row.position,
    )


def _screening(
    row: ScreeningRow,
    film: Film,
    cinema: Cinema,
    auditorium: AuditoriumRow,
    prices: Mapping[str, int],
    from_price: int | None,
) -> Screening:
    starts_at = row.starts_at.astimezone(UTC)
    return Screening(
        id=row.id,
        film=film,
        cinema=cinema,
        auditorium_id=auditorium.id,
        auditorium_label=auditorium.label,
        auditorium_name=auditorium.name,
        paper_colour=auditorium.paper_colour,
        capacity=auditorium.capacity,
        starts_at=starts_at,
        ends_at=row.ends_at.astimezone(UTC),
        showtime=Showtime.of(starts_at, row.timezone or cinema.timezone, row.starts_local),
        sales_close_at=starts_at + timedelta(minutes=cinema.sales_cutoff_minutes),
        version=row.version,
        format=row.format,
        status=row.status,
        cancel_reason=row.cancel_reason or "",
        prices=MappingProxyType({int(zone): price for zone, price in prices.items()}),
        from_price=min(prices.values(), default=0) if from_price is None else from_price,
        revision=row.revision,
    )


def _zone(row: ZoneRow) -> Zone:
    return Zone(row.id, row.code, row.name, row.name_en or row.name, row.position)


def _seat(row: SeatRow, zone: ZoneRow) -> Seat:
    return Seat(
        id=row.id,
        row_label=row.row_label,
        row_index=row.row_index,
        number=row.number,
        name=full_name(row.row_label, row.number, row.section),
        column=row.column,
        width=row.width,
        kind=row.kind,
        zone_id=row.zone_id,
        zone_code=zone.code,
        zone_name=zone.name,
        companion_of=row.companion_of,
        section=row.section,
        for_sale=row.for_sale,
    )
