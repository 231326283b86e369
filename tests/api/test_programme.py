"""The programme, the seats and the menu in the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from flask.testing import FlaskClient

from app.core import cache, db
from app.core.actor import Actor
from app.events import service as events
from app.reservations import service as reservations
from tests.api.buyer import BASE
from tests.api.conftest import Get

Value = TypeVar("Value")


def of_service(read: Callable[[], Value]) -> Value:
    """What a service says, read in a scope of its own."""
    with db.reading():
        return read()


def last_screening() -> events.Screening:
    """A screening of the last day of the programme: it is still sold."""
    return of_service(lambda: events.programme(events.days_with_screenings()[-1])[0])


def all_pages(get: Get, path: str, limit: int) -> list[dict[str, object]]:
    """All items of a list, read page by page."""
    items: list[dict[str, object]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = get(path, query_string={"limit": limit, "cursor": cursor})
        assert len(page["items"]) <= limit
        items += page["items"]
        cursor = page["next"]
    return items


def test_cinemas_are_listed_in_their_order(get: Get) -> None:
    slugs = [cinema["slug"] for cinema in get("/cinemas")["items"]]
    sites = of_service(events.cinemas)
    assert slugs == [cinema.slug for cinema in sites]
    assert get(f"/cinemas/{slugs[0]}")["timezone"] == sites[0].timezone


def test_films_come_page_by_page_each_once(get: Get) -> None:
    slugs = [film["slug"] for film in all_pages(get, "/films", 3)]
    films = sorted(of_service(events.films), key=lambda film: (film.position, film.id))
    assert slugs == [film.slug for film in films]


@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-03", "9999-12-29", "9999-12-31"])
def test_a_day_at_the_end_of_the_calendar_has_no_screenings(get: Get, day: str) -> None:
    assert get("/screenings", query_string={"day": day}) == {"items": [], "next": None}


def test_screenings_of_today_come_by_their_start(get: Get) -> None:
    found = all_pages(get, "/screenings", 7)
    today = of_service(lambda: events.programme(events.today()))
    assert {one["id"] for one in found} == {one.id for one in today}
    starts = [str(one["starts_at"]) for one in found]
    assert starts == sorted(starts)


def test_screenings_are_found_by_day_cinema_and_film(get: Get) -> None:
    wanted = last_screening()
    day = wanted.showtime.cinema_day
    query = {"day": day.isoformat(), "cinema": wanted.cinema.slug, "film": wanted.film.slug, "limit": 100}
    found = get("/screenings", query_string=query)["items"]
    assert wanted.id in {one["id"] for one in found}
    assert {(one["film"], one["cinema"], one["cinema_day"]) for one in found} == {
        (wanted.film.slug, wanted.cinema.slug, day.isoformat())
    }
    assert get("/screenings", query_string={"film": "no-such-film"})["items"] == []


def test_a_screening_has_its_prices_by_zone(get: Get) -> None:
    screening = last_screening()
    found = get(f"/screenings/{screening.id}")
    assert sorted(price["full"] for price in found["prices"]) == sorted(screening.prices.values())
    assert all(price["half"] == price["full"] // 2 for price in found["prices"])
    assert found["local_start"].startswith(f"{screening.showtime.clock:%Y-%m-%dT%H:%M}")


def test_seats_have_their_state(get: Get) -> None:
    screening = last_screening()
    free = [
        seat["id"]
        for seat in get(f"/screenings/{screening.id}/seats")["seats"]
        if seat["state"] == "free" and seat["kind"] == "standard"
    ]
    with db.transaction():
        held = reservations.hold_seats(screening, free[:2], Actor(visitor="ana"))
    found = {seat["id"]: seat for seat in get(f"/screenings/{screening.id}/seats")["seats"]}
    for seat_id in held.seat_ids:
        assert found[seat_id]["state"] == "held"
        assert found[seat_id]["held_until"] is not None
    assert found[free[2]]["state"] == "free"
    plan = of_service(lambda: events.seat_plan(screening.auditorium_id))
    assert len(found) == len(plan.seats)


def test_the_menu_is_in_the_callers_language(get: Get) -> None:
    cinema = of_service(events.cinemas)[0].slug
    menus = [
        get("/products", query_string={"cinema": cinema}, headers={"Accept-Language": language})["items"]
        for language in ("pt-BR", "en")
    ]
    assert [one["id"] for one in menus[0]] == [one["id"] for one in menus[1]]
    assert [one["name"] for one in menus[0]] != [one["name"] for one in menus[1]]
    assert all(one["price"] > 0 for one in menus[0])


def test_an_answer_that_the_caller_has_is_not_sent_again(client: FlaskClient, demo: str) -> None:
    screening = last_screening()
    address = f"{BASE}/screenings/{screening.id}"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with db.transaction():
        events.cancel_screening(screening.id, "the projector is broken")
    cache.clear_all()
    changed = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, changed.get_json()["status"]) == (200, "cancelled")
