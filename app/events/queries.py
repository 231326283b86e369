"""Read the programme: screenings with film, site, auditorium and prices; days with screenings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, func, select, text

from app.core import db
from app.core.i18n import zone as timezone
from app.events.models import AuditoriumRow, CinemaRow, FilmRow, PriceRow, ScreeningRow, SeatRow
from app.events.views import Cinema, Film, Screening


def programme_of_day(day: date, cinema: str | None) -> tuple[Screening, ...]:
    """Return the screenings of a cinema day, of one site (slug) or of all, by film, site and hour."""
    query = screening_query().where(_day_of_screening() == day)
    if cinema is not None:
        query = query.where(CinemaRow.slug == cinema)
    # A wide window in UTC uses the index on starts_at; the exact rule then checks few rows.
    noon = datetime.combine(day, time(12), tzinfo=timezone("UTC"))
    query = query.where(ScreeningRow.starts_at.between(noon - timedelta(days=2), noon + timedelta(days=2)))
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
    found: list[Screening] = []
    sites: dict[int, Cinema] = {}
    shown: dict[int, Film] = {}
    for row, film_row, auditorium, cinema_row, prices, cheapest in db.session().execute(query):
        site = sites.setdefault(cinema_row.id, Cinema.of(cinema_row))
        film = shown.setdefault(film_row.id, Film.of(film_row))
        found.append(Screening.of(row, film, site, auditorium, prices or {}, cheapest))
    return found
