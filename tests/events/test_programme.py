"""The programme: cinema days, the end of sales, and the cancellation of a screening."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core import cache, db
from app.core.errors import Invalid, NotFound
from app.events import service as events

SAO_PAULO = "America/Sao_Paulo"


def make_cinema(slug: str = "centro", *, timezone: str = SAO_PAULO, cutoff: int = 15) -> dict[str, int]:
    """Insert a site with an auditorium of four seats in two zones; return ids by name."""
    return {
        "cinema": _insert(
            "cinemas",
            slug=slug,
            name=slug.title(),
            timezone=timezone,
            sales_cutoff_minutes=cutoff,
        )
    } | make_room(slug)


def make_room(cinema: str, label: str = "1") -> dict[str, int]:
    with db.transaction() as session:
        cinema_id = session.execute(
            text("select id from events.cinemas where slug = :s"), {"s": cinema}
        ).scalar_one()
    room = _insert(
        "auditoriums", cinema_id=cinema_id, label=label, name=f"Sala {label}", stock="green", capacity=4
    )
    zones = [_insert("zones", auditorium_id=room, code=code, name=code) for code in ("standard", "vip")]
    for number in range(1, 5):
        _insert(
            "seats",
            auditorium_id=room,
            row_label="A",
            row_index=0,
            number=str(number),
            column=number,
            zone_id=zones[number > 2],
        )
    return {"room": room, "standard": zones[0], "vip": zones[1]}


def make_film(slug: str = "limite", **values: Any) -> int:
    usual: dict[str, Any] = {"title": slug.title(), "year": 1931, "duration_minutes": 120, "age_rating": "14"}
    return _insert("films", slug=slug, **(usual | values))


def make_screening(film: int, room: dict[str, int], starts_at: datetime, **values: Any) -> int:
    usual: dict[str, Any] = {"version": "subtitled", "ends_at": starts_at + timedelta(hours=2)}
    screening = _insert(
        "screenings", film_id=film, auditorium_id=room["room"], starts_at=starts_at, **(usual | values)
    )
    for zone, price in (("standard", 3200), ("vip", 4000)):
        _insert(
            "screening_prices",
            returning="screening_id",
            screening_id=screening,
            zone_id=room[zone],
            price=price,
        )
    return screening


def _insert(table: str, *, returning: str = "id", **values: Any) -> int:
    columns = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(f":{name}" for name in values)
    with db.transaction() as session:
        statement = text(f"insert into events.{table} ({columns}) values ({marks}) returning {returning}")
        inserted = int(session.execute(statement, values).scalar_one())
    cache.clear_all()
    return inserted


def at(day: str, hour: str, zone: str = SAO_PAULO) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def in_minutes(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def test_a_screening_has_film_site_auditorium_and_prices(database: str) -> None:
    room = make_cinema()
    screening_id = make_screening(make_film(), room, at("2026-12-01", "20:30"))
    with db.reading():
        screening = events.screening(screening_id)
        plan = events.seat_plan(screening.auditorium_id)
    assert (screening.film.slug, screening.cinema.slug, screening.auditorium_name) == (
        "limite",
        "centro",
        "Sala 1",
    )
    assert screening.starts_at == datetime(2026, 12, 1, 23, 30, tzinfo=UTC)
    assert screening.sales_close_at == screening.starts_at + timedelta(minutes=15)
    assert screening.prices == {room["standard"]: 3200, room["vip"]: 4000}
    assert screening.from_price == 3200
    assert [(seat.name, seat.zone_code) for seat in plan.seats] == [
        ("A1", "standard"),
        ("A2", "standard"),
        ("A3", "vip"),
        ("A4", "vip"),
    ]
    assert [zone.code for zone in plan.zones] == ["standard", "vip"]


@pytest.mark.parametrize("unknown", [0, -1, 999_999_999, 2**31, 2**70])
def test_unknown_ids_are_not_found(database: str, unknown: int) -> None:
    with db.reading(), pytest.raises(NotFound):
        events.screening(unknown)


def test_unknown_films_cinemas_and_rooms_are_not_found(database: str) -> None:
    with db.reading():
        for ask in (lambda: events.film("x"), lambda: events.cinema("x"), lambda: events.seat_plan(1)):
            with pytest.raises(NotFound):
                ask()


@pytest.mark.parametrize(
    ("day", "hour", "belongs_to"),
    [
        ("2026-12-01", "20:30", "2026-12-01"),
        ("2026-12-02", "00:10", "2026-12-01"),
        ("2026-12-02", "04:59", "2026-12-01"),
        ("2026-12-02", "05:00", "2026-12-02"),
    ],
)
def test_the_cinema_day_ends_at_five(database: str, day: str, hour: str, belongs_to: str) -> None:
    screening_id = make_screening(make_film(), make_cinema(), at(day, hour))
    with db.reading():
        shown = [screening.id for screening in events.programme(date.fromisoformat(belongs_to))]
        other = events.programme(date.fromisoformat(belongs_to) + timedelta(days=1))
    assert shown == [screening_id]
    assert other == []


def test_each_site_has_its_own_time_zone(database: str) -> None:
    film = make_film()
    late = at(
        "2026-12-01", "23:30", "America/Rio_Branco"
    )  # half past two in São Paulo, and there the same day
    first = make_screening(film, make_cinema("acre", timezone="America/Rio_Branco"), late)
    morning = at("2026-12-02", "06:00", "America/Sao_Paulo")
    second = make_screening(film, make_cinema("sampa"), morning)
    with db.reading():
        assert [one.id for one in events.programme(date(2026, 12, 1))] == [first]
        assert [one.id for one in events.programme(date(2026, 12, 2))] == [second]
        assert events.programme(date(2026, 12, 2), "acre") == []


def test_days_with_screenings_leave_out_the_past_and_cancelled_screenings(database: str) -> None:
    film, room = make_film(), make_cinema()
    now = datetime.now(UTC)
    make_screening(film, room, now - timedelta(days=3))
    make_screening(film, room, now + timedelta(days=2))
    make_screening(film, room, now + timedelta(days=3), status="cancelled")
    with db.reading():
        days = events.days_with_screenings()
        assert days == [events.cinema_day(now + timedelta(days=2), SAO_PAULO)]
        assert events.days_with_screenings("centro") == days
        assert events.days_with_screenings("elsewhere") == []


def test_the_screenings_of_a_film_are_sorted_by_hour(database: str) -> None:
    film, room = make_film(), make_cinema()
    later = make_screening(film, room, in_minutes(600))
    sooner = make_screening(film, room, in_minutes(60))
    make_screening(film, room, in_minutes(-600))
    with db.reading():
        found = events.screenings_of_film(film, events.now())
    assert [screening.id for screening in found] == [sooner, later]


@pytest.mark.parametrize(
    ("cutoff", "starts_in", "code"),
    [
        (15, 60, None),
        (15, -14, None),
        (15, -16, "started"),
        (0, -1, "started"),
        (-30, 31, None),
        (-30, 29, "closed"),
        (-30, -1, "started"),
    ],
)
def test_sales_end_at_the_sites_cut_off(
    database: str, cutoff: int, starts_in: float, code: str | None
) -> None:
    screening_id = make_screening(make_film(), make_cinema(cutoff=cutoff), in_minutes(starts_in))
    with db.reading():
        screening = events.screening(screening_id)
        assert events.on_sale(screening) == (code is None)
        if code is None:
            events.ensure_on_sale(screening)
            return
        with pytest.raises(events.ScreeningClosed) as closed:
            events.ensure_on_sale(screening)
    assert closed.value.code == code


def test_the_clock_is_the_databases(database: str) -> None:
    with db.reading() as session:
        there = session.execute(text("select clock_timestamp()")).scalar_one()
        assert abs(events.now() - there) < timedelta(seconds=1)


def test_a_cancellation_publishes_one_message_and_ends_sales(database: str) -> None:
    screening_id = make_screening(make_film(), make_cinema(), in_minutes(60))
    with db.reading():
        events.ensure_on_sale(events.screening(screening_id))
    for _ in range(2):
        with db.transaction():
            cancelled = events.cancel_screening(screening_id, "  O projetor\nqueimou. ")
    assert (cancelled.status, cancelled.cancel_reason) == ("cancelled", "O projetor queimou.")
    with db.reading() as session:
        with pytest.raises(events.ScreeningClosed, match="cancelled"):
            events.ensure_on_sale(events.screening(screening_id))
        rows = session.execute(text("select consumer, payload from core.outbox order by consumer")).all()
    assert [row.consumer for row in rows] == ["orders", "reservations"]
    assert rows[0].payload == {"screening_id": screening_id, "reason": "O projetor queimou.", "form": 1}


def test_a_cancellation_needs_a_screening_and_a_reason(database: str) -> None:
    screening_id = make_screening(make_film(), make_cinema(), in_minutes(60))
    for reason in ("", "   ", "x" * 201):
        with pytest.raises(Invalid), db.transaction():
            events.cancel_screening(screening_id, reason)
    with pytest.raises(NotFound), db.transaction():
        events.cancel_screening(screening_id + 1, "why")


def test_a_rolled_back_change_is_not_cached(database: str) -> None:
    screening_id = make_screening(make_film(), make_cinema(), in_minutes(60))
    with pytest.raises(RuntimeError), db.transaction():
        events.cancel_screening(screening_id, "why")
        assert events.screening(screening_id).status == "cancelled"
        raise RuntimeError
    with db.reading():
        assert events.screening(screening_id).status == "scheduled"


def test_the_database_refuses_overlapping_screenings(database: str) -> None:
    film, room = make_film(), make_cinema()
    start = in_minutes(60)
    make_screening(film, room, start)
    with pytest.raises(IntegrityError, match="one_at_a_time"):
        make_screening(film, room, start + timedelta(minutes=119))
    make_screening(film, room, start + timedelta(minutes=120))
    make_screening(film, room, start + timedelta(minutes=30), status="cancelled")
    make_screening(film, make_room("centro", "2"), start)


def test_reading_a_screening_again_executes_no_statement(database: str, statements: list[str]) -> None:
    screening_id = make_screening(make_film(), make_cinema(), in_minutes(60))
    with db.transaction():
        screening = events.screening(screening_id)
        events.seat_plan(screening.auditorium_id)
    statements.clear()
    with db.transaction():
        for _ in range(50):
            screening = events.screening(screening_id)
            events.seat_plan(screening.auditorium_id)
            events.ensure_on_sale(screening)
    assert statements == []
