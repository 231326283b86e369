"""Details of a visit on the order page: calendar file, directions, opening time, sharing without its address."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from app.tickets import service as tickets
from app.web import links
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooo")


@pytest.fixture
def paid(screening: Screening) -> OrderView:
    return purchases.buy(screening, seat_ids(seat_plan_of(screening), "A4 A5"))


def entry(ana: Visitor, order: OrderView) -> Any:
    answer = ana.get(f"{links.order(order.token)}/calendar.ics")
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    (found,) = Calendar.from_ical(answer.data).walk("VEVENT")
    return found


def test_the_calendar_file_adds_and_removes_the_visit(
    ana: Visitor, paid: OrderView, screening: Screening
) -> None:
    stood = entry(ana, paid)
    assert stood.start == screening.starts_at.replace(microsecond=0)
    assert "A4, A5" in stood["summary"]
    with db.transaction():
        orders.cancel(paid.token)
    over = entry(ana, paid)
    assert over["uid"] == stood["uid"]
    assert over["sequence"] > stood["sequence"]
    assert (stood["status"], over["status"]) == ("CONFIRMED", "CANCELLED")


def test_the_calendar_file_does_not_contain_the_address_of_the_order(ana: Visitor, paid: OrderView) -> None:
    """A shared calendar must not give access to the tickets."""
    assert paid.token not in ana.get(f"{links.order(paid.token)}/calendar.ics").text
    shared = re.search(r"<button[^>]+data-share[^>]*>", ana.get(links.order(paid.token)).text)
    assert shared
    assert paid.token not in shared[0]
    assert f'data-url="http://localhost/films/{paid.screening.film.slug}"' in shared[0]


def test_an_unpaid_order_has_no_calendar_file(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A1")
    assert ana.get(f"{path}/calendar.ics").status_code == 404
    assert ana.get("/orders/nobodys/calendar.ics").status_code == 404


def test_the_page_has_directions_and_the_opening_time(
    ana: Visitor, paid: OrderView, screening: Screening
) -> None:
    page = unescape(ana.get(links.order(paid.token)).text)
    opens = screening.showtime.time("en", tickets.opens_at(screening.starts_at))
    assert f"The room opens at {opens}." in page
    way = re.search(r'href="(https://www\.google\.com/maps/dir/[^"]+)"([^>]*)>', page)
    assert way
    assert "destination=Rua+1" in way[1]
    assert "noreferrer" in way[2]


def test_after_the_screening_the_page_has_no_directions(
    ana: Visitor, paid: OrderView, screening: Screening
) -> None:
    with db.transaction() as session:
        session.execute(
            text("update events.screenings set starts_at = starts_at - :ago, ends_at = ends_at - :ago"),
            {"ago": screening.ends_at - screening.starts_at + timedelta(days=9)},
        )
    cache.clear_all()
    page = ana.get(links.order(paid.token)).text
    assert "See you next time!" in page
    for gone in ("The room opens", "maps/dir", "calendar.ics", "data-share"):
        assert gone not in page
