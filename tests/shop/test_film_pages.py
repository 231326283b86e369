"""The page of a film, and the data of the programme for search engines and other sites."""

from __future__ import annotations

import json
import re
from datetime import datetime
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from sqlalchemy import text

from app.core import cache, db
from tests.events.test_programme import in_minutes, make_cinema, make_film, make_screening
from tests.shop.programme_pages import get_page, showtimes
from tests.tickets.conftest import noon_timezone


def test_the_film_page_has_all_its_days(client: FlaskClient, evening: dict[str, int]) -> None:
    page = get_page(client, "/films/aurora")
    assert "<h1>Sunrise</h1>" in page
    assert len(showtimes(page)) == 2
    assert len(showtimes(get_page(client, "/films/aurora?cinema=praia"))) == 1
    assert client.get("/films/unknown").status_code == 404
    assert client.get("/films/" + "x" * 3000).status_code == 404


def test_a_film_without_screenings_has_a_notice(client: FlaskClient, app: Any) -> None:
    make_film("limite", title="Limite")
    assert "No screenings for now." in get_page(client, "/films/limite")


def test_the_filters_of_the_programme_are_kept_on_the_film_page(
    client: FlaskClient, evening: dict[str, int]
) -> None:
    programme = get_page(client, "/?version=dubbed&cinema=centro")
    address = unescape(re.search(r'href="(/films/aurora[^"]*)"', programme)[1])  # type: ignore[index]
    assert address == "/films/aurora?cinema=centro&version=dubbed"
    assert len(showtimes(get_page(client, "/films/aurora"))) == 2
    assert len(showtimes(get_page(client, address))) == 1
    assert len(schema_of(get_page(client, address))) == 2, "search engines read the page without the filter"


def test_a_filter_without_results_is_removed_by_one_tap(client: FlaskClient, evening: dict[str, int]) -> None:
    page = get_page(client, "/films/limite?version=dubbed")
    assert "No screenings like that." in page
    assert 'class="button" href="/films/limite"' in page


def test_a_film_page_begins_with_the_chosen_day(client: FlaskClient, app: Any) -> None:
    film, room = make_film("limite", title="Limite"), make_cinema()
    for minutes in (30, 30 + 24 * 60, 30 + 48 * 60):
        make_screening(film, room, in_minutes(minutes))
    days = re.findall(r'<section id="day-([\d-]+)"', get_page(client, "/films/limite"))
    assert days == sorted(days)
    for day in (days[1], "2001-01-01", "2101-01-01", "no-day"):
        shown = re.findall(r'<section id="day-([\d-]+)"', get_page(client, f"/films/limite?day={day}"))
        assert shown == ([days[1], days[2], days[0]] if day == days[1] else days), day


def test_the_text_on_a_poster_is_in_the_alternative_text_of_the_english_page(
    client: FlaskClient, evening: dict[str, int]
) -> None:
    db_film = evening["dubbed"]
    with db.transaction() as session:
        session.execute(
            text(
                "update events.films set poster = 'aurora'"
                " where id = (select film_id from events.screenings where id = :id)"
            ),
            {"id": db_film},
        )
    cache.clear_all()
    assert 'alt="Poster of Sunrise, which says “Aurora”"' in get_page(client, "/films/aurora")
    assert 'alt="Cartaz de Aurora"' in get_page(client, "/films/aurora", "pt-BR")


def schema_of(page: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert found is not None
    graph: list[dict[str, Any]] = json.loads(found[1])["@graph"]
    return graph


def test_search_engines_read_the_film_and_its_screenings(
    client: FlaskClient, evening: dict[str, int]
) -> None:
    movie, *screenings = schema_of(get_page(client, "/films/aurora"))
    assert (movie["@type"], movie["name"], movie["duration"], movie["contentRating"]) == (
        "Movie",
        "Sunrise",
        "PT120M",
        "14",
    )
    assert [one["@type"] for one in screenings] == ["ScreeningEvent"] * 2
    offer = next(one for one in screenings if one["videoFormat"] == "3D")
    assert offer["offers"]["price"] == "32.00"
    assert offer["offers"]["url"].endswith(f"/screenings/{evening['dubbed']}")
    here = datetime.now(ZoneInfo(noon_timezone()))
    assert datetime.fromisoformat(offer["startDate"]).utcoffset() == here.utcoffset()
    assert offer["workPresented"] == {"@id": movie["@id"]}


def test_hostile_titles_stay_text(client: FlaskClient, app: Any) -> None:
    title = "</script><img src=x onerror=alert(1)> {{7*7}} 🎬 \u202e"
    film = make_film("hostile", title=title, synopsis=title * 20)
    make_screening(film, make_cinema(), in_minutes(30))
    page = get_page(client, "/films/hostile")
    assert "<img src=x" not in page
    assert schema_of(page)[0]["name"] == title
    assert "<img src=x" not in get_page(client, "/")


def test_shared_links_have_a_title_and_a_picture(client: FlaskClient, evening: dict[str, int]) -> None:
    page = get_page(client, "/films/aurora")
    assert '<meta property="og:title" content="Sunrise' in page
    assert re.search(r'<meta property="og:image" content="http[^"]+\.png"', page)
    assert '<link rel="canonical" href="http://localhost/films/aurora">' in page


def test_robots_and_sitemap_list_the_public_pages(client: FlaskClient, evening: dict[str, int]) -> None:
    robots = get_page(client, "/robots.txt")
    assert "Disallow: /orders/" in robots
    assert "Sitemap: http://localhost/sitemap.xml" in robots
    sitemap = get_page(client, "/sitemap.xml")
    assert "<loc>http://localhost/films/limite</loc>" in sitemap
    assert "<loc>http://localhost/?cinema=praia</loc>" in sitemap


def test_a_trailer_is_a_link_and_loads_nothing(client: FlaskClient, evening: dict[str, int]) -> None:
    assert "Trailer" not in get_page(client, "/films/aurora")
    with db.transaction() as session:
        session.execute(text("update events.films set trailer = 'https://video.example.org/a?b=1&c=2'"))
    cache.clear_all()
    page = get_page(client, "/films/aurora")
    link = re.search(r'<a [^>]*href="https://video\.example\.org/a\?b=1&amp;c=2"[^>]*>', page)
    assert link
    assert 'rel="noopener noreferrer"' in link[0]
    assert "opens video.example.org" in page
    assert len(re.findall(r"video\.example\.org/", page)) == 1, (
        "the trailer is a link, without a frame, image or preconnection"
    )
