"""Programme and film page: contents, filters, invalid addresses, and the number of SQL statements."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core import cache, db
from tests.events.test_programme import in_minutes, make_cinema, make_film, make_screening
from tests.shop.programme_pages import cinema_day_of, get_page, page_text, sell_seats, showtimes
from tests.tickets.conftest import noon_timezone


def test_a_day_shows_its_films_and_showtimes(client: FlaskClient, evening: dict[str, int]) -> None:
    page = get_page(client, "/")
    text_ = page_text(page)
    assert "2 films · 3 screenings" in text_
    assert text_.index("Limite") < text_.index("Sunrise")
    assert "Sunrise: A Song, 1931" in text_
    assert len(showtimes(page)) == 3
    assert any("Dub 3D · Room 2 Centro R$ 32" in stub for stub in showtimes(page))
    for screening in evening.values():
        assert f'href="/screenings/{screening}"' in page
    assert 'class="day" ' not in page[: page.index("<main")]


def test_portuguese_pages_write_prices_and_times_in_brazilian_form(
    client: FlaskClient, evening: dict[str, int]
) -> None:
    page = get_page(client, "/", "pt-BR")
    assert 'lang="pt-BR"' in page
    assert re.search(r"\d{1,2}h\d\d", showtimes(page)[0])
    assert "Aurora" in page_text(page)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("cinema=praia", {"praia"}),
        ("version=dubbed", {"dubbed"}),
        ("version=original", {"soon"}),
        ("format=3D", {"dubbed"}),
        ("format=3d&version=subtitled", set()),
        ("accessible=1", set()),
        ("version=klingon&format=4D&cinema=mars&after=99&accessible=maybe", {"soon", "dubbed", "praia"}),
    ],
)
def test_filters_select_showtimes(
    client: FlaskClient, evening: dict[str, int], query: str, shown: set[str]
) -> None:
    page = get_page(client, f"/?{query}")
    assert {name for name, id_ in evening.items() if f"/screenings/{id_}" in page} == shown
    if not shown:
        assert "See the whole day" in page


def test_an_accessible_screening_has_a_free_wheelchair_space(
    client: FlaskClient, evening: dict[str, int]
) -> None:
    with db.transaction() as session:
        session.execute(
            text(
                "update events.seats set kind = 'wheelchair' where number = '1' and auditorium_id in"
                " (select auditorium_id from events.screenings where id = any(:ids))"
            ),
            {"ids": [evening["soon"], evening["dubbed"]]},
        )
    cache.clear_all()
    sell_seats(evening["dubbed"], 1)
    page = get_page(client, "/?accessible=1")
    assert f"/screenings/{evening['soon']}" in page
    assert f"/screenings/{evening['dubbed']}" not in page


def test_the_filter_by_hour_uses_local_time(client: FlaskClient, app: Any) -> None:
    room = make_cinema("centro", timezone="America/Rio_Branco")
    day = (datetime.now(UTC) + timedelta(days=2)).date()
    film = make_film()
    hours = {hour: make_screening(film, room, _at(day, hour)) for hour in (14, 18, 22)}
    page = get_page(client, f"/?day={day}&after=18")
    assert {hour for hour, id_ in hours.items() if f"/screenings/{id_}" in page} == {18, 22}


def _at(day: Any, hour: int) -> datetime:
    from zoneinfo import ZoneInfo

    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("America/Rio_Branco"))


def test_each_showtime_shows_how_full_it_is(client: FlaskClient, evening: dict[str, int]) -> None:
    with db.transaction() as session:
        session.execute(text("update events.auditoriums set capacity = 40"))
    sell_seats(evening["soon"], 3)
    page = get_page(client, "/?version=original")
    assert "12% taken" in page
    with db.transaction() as session:
        session.execute(text("update events.auditoriums set capacity = 7"))
    cache.clear_all()
    assert "last 4" in get_page(client, "/?version=original")


def test_showtimes_not_on_sale_show_the_reason(client: FlaskClient, app: Any) -> None:
    room, late, early = make_cinema("a", cutoff=0), make_cinema("b", cutoff=30), make_cinema("c", cutoff=-30)
    film = make_film()
    sold_out = make_screening(film, room, in_minutes(125))
    started = make_screening(film, room, in_minutes(-1))
    begun = make_screening(film, late, in_minutes(-1))
    closed = make_screening(film, early, in_minutes(5))
    off = make_screening(film, late, in_minutes(125), status="cancelled")
    sell_seats(sold_out, 4)
    page = get_page(client, f"/?day={cinema_day_of(started)}") + get_page(
        client, f"/?day={cinema_day_of(sold_out)}"
    )
    for screening, linked in (
        (sold_out, True),
        (begun, True),
        (started, False),
        (closed, False),
        (off, False),
    ):
        assert (f'href="/screenings/{screening}"' in page) == linked
    shown = " / ".join(showtimes(page))
    for said in ("sold out Tell me", "Started", "just begun", "Sales closed", "Called off"):
        assert said in shown.replace(" , ", " "), (said, shown)


def test_the_next_day_is_shown_when_sales_of_today_are_over(client: FlaskClient, app: Any) -> None:
    room, film = make_cinema(cutoff=0), make_film()
    make_screening(film, room, in_minutes(-3))
    tomorrow = make_screening(film, room, in_minutes(60 * 24))
    assert f"/screenings/{tomorrow}" in get_page(client, "/")


def test_an_empty_day_links_to_the_next_day(client: FlaskClient, app: Any) -> None:
    assert "No screenings" in get_page(client, "/")
    make_screening(make_film(), make_cinema(), in_minutes(60 * 48))
    page = get_page(client, "/?day=2031-03-03")
    assert "No screenings on Monday." in page
    assert 'href="/?day=' in page[page.index("No screenings on") :]


@pytest.mark.parametrize(
    "query",
    [
        "day=abc",
        "day=0001-01-01",
        "day=9999-12-31",
        "day=2026-02-30",
        "day=" + "9" * 5000,
        "day=%00&cinema=%00",
        "after=-1",
        "after=1e9",
        "after=%D9%A3",
        "cinema=%3Cimg%20onerror%3D1%3E",
        "version[]=x&day[]=y",
        "cinema=" + quote("{{1337*7331}}"),
        "day=2026-11-24&day=2026-11-25",
        "%FF=%FE",
    ],
)
def test_invalid_queries_are_no_error(client: FlaskClient, evening: dict[str, int], query: str) -> None:
    for path in ("/", "/films/limite"):
        page = get_page(client, f"{path}?{query}")
        assert "<img onerror" not in page
        assert "9801547" not in page


def test_screen_readers_get_showtimes_without_abbreviations(
    client: FlaskClient, evening: dict[str, int]
) -> None:
    heard = re.findall(r'<a class="stub[^>]*aria-label="([^"]*)"', get_page(client, "/films/aurora"))
    assert [words.split(", ", 1)[1] for words in heard] == [
        "dubbed 3D, Room 2, R$\xa032, last 4",
        "subtitled, Room 1, R$\xa032, last 4",
    ]


def test_reading_the_programme_sets_no_cookie(client: FlaskClient, evening: dict[str, int]) -> None:
    for path in ("/", "/films/limite"):
        cookies = client.get(path).headers.getlist("Set-Cookie")
        assert [cookie for cookie in cookies if "visitor" in cookie] == []


def statements_of(client: FlaskClient, path: str) -> list[str]:
    from sqlalchemy import event

    sent: list[str] = []
    listener = lambda *args: sent.append(args[2])  # noqa: E731
    event.listen(db.engine(), "before_cursor_execute", listener)
    try:
        get_page(client, path)
    finally:
        event.remove(db.engine(), "before_cursor_execute", listener)
    # The version of the programme is read every two seconds, independently of the page.
    return [one for one in sent if "from events.programme_version" not in one]


def test_a_page_executes_few_statements(client: FlaskClient, evening: dict[str, int]) -> None:
    get_page(client, "/")
    sent = statements_of(client, "/")
    assert len(sent) <= 4, sent


def test_the_number_of_statements_does_not_grow_with_the_auditoriums(client: FlaskClient, app: Any) -> None:
    day, film = (datetime.now(UTC) + timedelta(days=2)).date(), make_film()
    for number in range(12):
        make_screening(film, make_cinema(f"site{number}"), _at(day, 18))
    with db.transaction() as session:
        session.execute(text("update events.seats set kind = 'wheelchair' where number = '1'"))
    cache.clear_all()
    get_page(client, f"/?day={day}")
    sent = statements_of(client, f"/?day={day}&accessible=1")
    assert len(sent) <= 6, sent


def test_a_film_without_more_showtimes_today_comes_last(client: FlaskClient, app: Any) -> None:
    over, on = make_film(slug="over"), make_film(slug="on")
    noon = noon_timezone()
    make_screening(over, make_cinema("a", cutoff=0, timezone=noon), in_minutes(-1))
    later = make_screening(on, make_cinema("b", cutoff=0, timezone=noon), in_minutes(30))
    main, below = get_page(client, f"/?day={cinema_day_of(later)}").split("Over for today")
    assert "/films/on" in main
    assert "/films/over" not in main
    assert "/films/over" in below
    assert "Other days" in below


def test_the_first_film_is_one_with_free_seats(client: FlaskClient, app: Any) -> None:
    full, free = make_film(slug="full"), make_film(slug="free")
    noon = noon_timezone()
    sold_out = make_screening(full, make_cinema("a", cutoff=0, timezone=noon), in_minutes(20))
    sell_seats(sold_out, 4)
    make_screening(free, make_cinema("b", cutoff=0, timezone=noon), in_minutes(30))
    page = get_page(client, f"/?day={cinema_day_of(sold_out)}")
    assert page.index("/films/free") < page.index("/films/full")
