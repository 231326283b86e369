"""The demo: complete, within the law, loaded once, and extended each day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import ceil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app.core import cache, config, db
from app.core.config import Settings
from app.events import demo, handlers
from app.events import service as events
from app.events.auditorium_plans import seats_of
from app.events.demo_auditoriums import CINEMAS, DemoAuditorium
from app.events.demo_films import FILMS

ROOMS = [room for cinema in CINEMAS for room in cinema.rooms]
WEEK = [date(2026, 11, 23) + timedelta(days=offset) for offset in range(28)]


def load() -> int:
    with db.transaction():
        return demo.load_demo()


def test_loading_twice_adds_nothing(database: str) -> None:
    assert load() > 100
    assert load() == 0
    with db.transaction():
        assert demo.roll_forward() == 0


def test_a_week_of_screenings_at_both_sites(database: str) -> None:
    load()
    with db.reading():
        today = events.today()
        assert events.days_with_screenings() == [today + timedelta(days=offset) for offset in range(7)]
        for day in events.days_with_screenings():
            shown = events.programme(day)
            assert {screening.cinema.slug for screening in shown} == {"centro", "praia"}
            assert {screening.version for screening in shown} == {"dubbed", "subtitled", "original"}
            assert all(screening.from_price > 0 for screening in shown)
            assert all(
                {seat.zone_id for seat in events.seat_plan(screening.auditorium_id).seats}
                == set(screening.prices)
                for screening in shown
            )


def days_go_by(days: int) -> None:
    """Move the demo's screenings into the past, as if it had been loaded `days` ago."""
    for shift in (-1000, 1000 - days):
        with db.transaction() as session:
            session.execute(
                text("""
                    update events.screenings set
                        starts_at = starts_at + make_interval(days => :shift),
                        ends_at = ends_at + make_interval(days => :shift),
                        starts_local = starts_local + make_interval(days => :shift),
                        external_ref = regexp_replace(external_ref, '[0-9-]{10}',
                            (substring(external_ref, '[0-9-]{10}')::date + :shift)::text)
                """),
                {"shift": shift},
            )
    cache.clear_all()


def tick() -> None:
    """Run the tick of the worker."""
    roll_forward = next(one for one in handlers.TICKS if one.name == "events.roll_forward")
    roll_forward.function()
    cache.clear_all()


@pytest.mark.parametrize("days", [1, 3, 6, 7, 8, 45, 400])
def test_the_tick_adds_the_next_days(database: str, days: int) -> None:
    load()
    days_go_by(days)
    with db.reading():
        left = events.days_with_screenings()
    assert len(left) == max(0, 7 - days)
    tick()
    with db.reading():
        today = events.today()
        assert events.days_with_screenings() == [today + timedelta(days=offset) for offset in range(7)]
        last = events.programme(today + timedelta(days=6))
    assert len(last) == sum(
        len(list(demo.timetable(room.label, today + timedelta(days=6)))) for room in ROOMS
    )
    assert all(screening.from_price > 0 for screening in last)
    with db.transaction():
        assert demo.roll_forward() == 0


def test_each_midnight_adds_one_day(database: str) -> None:
    """In a process that runs for weeks, each midnight adds one day and deletes nothing."""
    load()
    with db.reading() as session:
        count = text("select count(*) from events.screenings")
        before = session.execute(count).scalar_one()
    for _ in range(15):
        days_go_by(1)
        tick()
        with db.reading() as session:
            assert len(events.days_with_screenings()) == 7
            after = session.execute(count).scalar_one()
        assert after - before > 10
        before = after


def test_a_demo_that_is_switched_off_gets_no_more_days(database: str, settings: Settings) -> None:
    load()
    days_go_by(2)
    config.use(settings.changed(cinema={"demo": False}))
    tick()
    with db.reading():
        assert len(events.days_with_screenings()) == 5


def test_without_the_demo_nothing_is_added(database: str) -> None:
    with db.transaction():
        assert demo.roll_forward() == 0


def test_the_demo_does_not_overlap_a_real_programme(database: str) -> None:
    load()
    with db.transaction() as session:
        day = events.today() + timedelta(days=3)
        demo_refs = {"ref": f"demo:1:{day}:%"}
        session.execute(
            text("delete from events.screening_prices where screening_id in (select id from events.screenings"
                 " where external_ref like :ref)"),
            demo_refs,
        )  # fmt: skip
        session.execute(text("delete from events.screenings where external_ref like :ref"), demo_refs)
        slot = next(demo.timetable("1", day))
        session.execute(
            text("insert into events.screenings (film_id, auditorium_id, starts_at, ends_at, version)"
                 " select f.id, a.id, :start, :end, 'original' from events.films f, events.auditoriums a"
                 " where f.slug = 'limite' and a.label = '1'"),
            {"start": slot.starts_at - timedelta(minutes=5), "end": slot.ends_at},
        )  # fmt: skip
        assert demo.roll_forward(force=True) == len(list(demo.timetable("1", day))) - 1


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.label)
def test_each_auditorium_keeps_to_the_law_and_has_its_own_ticket_colour(room: DemoAuditorium) -> None:
    seats = seats_of(room.rows)
    kinds = [seat.kind for seat in seats]
    least = ceil(len(seats) * 0.02)
    assert 40 <= len(seats) <= 300
    assert kinds.count("wheelchair") >= least
    assert kinds.count("companion") >= least
    assert kinds.count("wide") >= 1
    assert len({other.paper_colour for other in ROOMS}) == len(ROOMS)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.label)
def test_screenings_of_an_auditorium_do_not_overlap(room: DemoAuditorium) -> None:
    slots = [slot for day in WEEK for slot in demo.timetable(room.label, day)]
    assert all(before.ends_at <= after.starts_at for before, after in pairwise(slots))
    assert all(slot.ends_at > slot.starts_at for slot in slots)


def test_every_film_runs_every_day_and_has_its_poster() -> None:
    known = {film.slug for film in FILMS}
    for day in WEEK:
        assert {slot.film for room in ROOMS for slot in demo.timetable(room.label, day)} == known
    posters = Path(__file__).resolve().parents[2] / "static" / "img" / "posters"
    assert [film.poster for film in FILMS if not (posters / f"{film.poster}.svg").exists()] == []


def test_prices_by_day_hour_zone_and_format() -> None:
    tuesday, saturday = date(2026, 11, 24), date(2026, 11, 28)
    by_day = {day: list(demo.timetable("5", day)) for day in (tuesday, saturday)}
    for day, slots in by_day.items():
        for slot in slots:
            price = demo.full_price(day, slot, "standard")
            assert demo.full_price(day, slot, "vip") > price > 0
            assert price % 200 == 0  # half of it is whole reais
    evening = next(slot for slot in by_day[saturday] if slot.starts_at.hour > 20 and slot.format == "2D")
    assert demo.full_price(saturday, evening, "standard") > demo.full_price(tuesday, evening, "standard")


def test_prices_depend_on_weekday_zone_format_and_hour() -> None:
    monday, saturday = date(2026, 11, 23), date(2026, 11, 28)

    def evening(day: date, film: str = "metropolis", format_: str = "2D", hour: int = 20) -> demo.Slot:
        start = datetime.combine(day, time(hour), ZoneInfo(demo.TIMEZONE))
        return demo.Slot(film, "subtitled", format_, start, start + timedelta(hours=2))

    usual = demo.full_price(monday, evening(monday), "standard")
    assert demo.full_price(saturday, evening(saturday), "standard") > usual
    assert demo.full_price(monday, evening(monday), "vip") > usual
    assert demo.full_price(monday, evening(monday), "love") > usual
    assert demo.full_price(monday, evening(monday, format_="3D"), "standard") > usual
    assert demo.full_price(monday, evening(monday, hour=13), "standard") < usual


def test_films_have_texts_in_both_languages() -> None:
    assert 8 <= len(FILMS) <= 10
    for film in FILMS:
        assert film.title
        assert film.title_en
        assert film.original_title
        assert film.synopsis != film.synopsis_en
        assert len(film.genres) == len(film.genres_en) > 0
        assert bool(film.age_reasons[0]) == bool(film.age_reasons[1]) == (film.age_rating != "L")
        assert 1888 < film.year < 1932  # of the public domain in Brazil and the United States
