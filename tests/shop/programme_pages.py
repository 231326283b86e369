"""Read the pages of the programme, and make data for them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient

from app.core import db
from app.events import service as events
from app.reservations import service as reservations
from tests.actors import new_visitor_actor
from tests.events.test_programme import in_minutes, make_cinema, make_film, make_room, make_screening
from tests.tickets.conftest import noon_timezone


def get_page(client: FlaskClient, path: str, language: str = "en") -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, path
    return answer.text


def page_text(page: str) -> str:
    """The text of the page's main part, in one line."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def showtimes(page: str) -> list[str]:
    found = re.findall(r'<(?:a|div) class="stub.*?</(?:a|div)>', page, re.S)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", stub)).split()) for stub in found]


def sell_seats(screening_id: int, count: int) -> None:
    """Sell the first seats of the auditorium."""
    with db.transaction():
        screening = events.screening(screening_id)
        seats = [seat.id for seat in events.seat_plan(screening.auditorium_id).seats[:count]]
        held = reservations.hold_seats(screening, seats, new_visitor_actor())
        assert reservations.confirm(held.id)


def programme_url(**query: str) -> str:
    return "/?" + "&".join(f"{name}={quote(value)}" for name, value in query.items())


def cinema_day_of(screening_id: int) -> Any:
    with db.reading():
        screening = events.screening(screening_id)
        return events.cinema_day(screening.starts_at, screening.cinema.timezone)


def make_three_screenings() -> dict[str, int]:
    """Three screenings of two films at two sites in the next minutes, all on the current cinema day."""
    noon = noon_timezone()
    centro, praia = make_cinema("centro", timezone=noon), make_cinema("praia", timezone=noon)
    second_room = make_room("centro", "2")
    limite = make_film("limite", title="Limite", original_title="Limite", director="Mário Peixoto")
    aurora = make_film(
        "aurora", title="Aurora", title_en="Sunrise", original_title="Sunrise: A Song", position=1
    )
    return {
        "soon": make_screening(limite, centro, in_minutes(2), version="original"),
        "dubbed": make_screening(aurora, second_room, in_minutes(3), version="dubbed", format="3D"),
        "praia": make_screening(aurora, praia, in_minutes(4), version="subtitled"),
    }
