"""A seat has the same name on every page, also in auditoriums with numeric rows and with sections."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening
from app.orders import service as orders
from app.tickets import service as tickets
from tests.orders import purchases
from tests.reservations.auditoriums import (
    make_screening,
    reload_screening,
    rename_rows,
    seat_ids,
    seat_plan_of,
    set_sections,
    take_off_sale,
)
from tests.shop.visitor import Visitor, order_at

BOX = re.compile(r"<input type=\"?checkbox\"? name=\"?seat\"? [^>]*>")


@pytest.fixture
def numeric(app: Flask) -> Screening:
    """A screening whose auditorium has row 1 with eleven seats and row 11 with two."""
    screening = make_screening("ooooooooooo", "oo")
    rename_rows(screening, A="1", B="11")
    return screening


@pytest.fixture
def theatre(app: Flask) -> Screening:
    screening = make_screening("ooooo", "ooooo")
    set_sections(screening, A="Plateia", B="Balcão Nobre")
    return screening


def checkboxes(page: str) -> list[str]:
    return [html.unescape(box) for box in BOX.findall(page)]


def attribute(box: str, name: str) -> str:
    found = re.search(rf' {name}="([^"]*)"', box)
    return found[1] if found else ""


@pytest.mark.parametrize("view", ["", "?view=list"])
def test_each_checkbox_has_a_unique_id(ana: Visitor, numeric: Screening, view: str) -> None:
    found = [attribute(box, "id") for box in checkboxes(ana.get(f"/screenings/{numeric.id}{view}").text)]
    assert len(found) == len(set(found)) == 13
    assert {"1-11", "11-1"} < set(found)


def test_screen_readers_get_row_and_seat(ana: Visitor, numeric: Screening) -> None:
    labels = [attribute(box, "aria-label") for box in checkboxes(ana.get(f"/screenings/{numeric.id}").text)]
    assert "Row 11, seat 1, free, R$\u00a038.00" in labels
    assert "Row 1, seat 11, free, R$\u00a038.00" in labels
    assert len(set(labels)) == 13


@pytest.mark.parametrize("view", ["", "?view=list"])
def test_sections_of_the_auditorium_are_named(ana: Visitor, theatre: Screening, view: str) -> None:
    page = html.unescape(ana.get(f"/screenings/{theatre.id}{view}").text)
    found = [attribute(box, "id") for box in checkboxes(page)]
    assert len(set(found)) == 10
    assert "Balcão_Nobre:1-5" in found
    assert "Balcão Nobre, row 1, seat 5, free" in page
    assert re.search(r"<(h2|span|p)[^>]*>\s*(<span>)?Plateia", page)


def test_a_seat_has_one_name_in_the_whole_purchase(ana: Visitor, theatre: Screening) -> None:
    (seat,) = [seat for seat in seat_plan_of(theatre).seats if seat.name == "Balcão Nobre 1-5"]
    path = ana.post_seats(theatre, [seat.id]).location.removesuffix("/types")
    types = html.unescape(ana.get(f"{path}/types").text)
    assert "Balcão Nobre, row 1, seat 5" in types
    assert 'aria-hidden="true">1-5</div>' in types
    ana.choose_full(path)
    ana.check_out(path)
    purchases.run_due_work()
    purchases.pay(order_at(path))
    page = html.unescape(ana.get(path).text)
    assert "Balcão Nobre 1-5" in page
    assert "Balcão Nobre<b>1-5</b>" in page
    with db.reading():
        (ticket,) = tickets.of_order(order_at(path).id)
    assert (ticket.seat_name, ticket.section, ticket.short_name) == (
        "Balcão Nobre 1-5",
        "Balcão Nobre",
        "1-5",
    )


def test_seats_not_for_sale_are_shown_as_taken_and_not_counted(ana: Visitor, screening: Screening) -> None:
    take_off_sale(screening, "A1 A2 A3")
    page = html.unescape(ana.get(f"/screenings/{screening.id}").text)
    assert [attribute(box, "aria-label") for box in checkboxes(page)][:4] == [
        "A1, taken",
        "A2, taken",
        "A3, taken",
        "A4, free, R$\u00a038.00",
    ]
    assert "<b>11</b> free of 11" in page
    with db.reading():
        assert orders.half_price_left(reload_screening(screening).id) == (5, 5)  # 40 % of 11, rounded up
    refused = ana.post_seats(screening, seat_ids(seat_plan_of(screening), "A3 A4"))
    assert refused.status_code == 409


def test_a_zone_without_a_price_is_drawn(ana: Visitor, screening: Screening) -> None:
    """A zone that is not for sale may have no price."""
    take_off_sale(screening, "B1 B2 B3 B4")
    with db.transaction() as session:
        zone = seat_plan_of(screening).rows[1][0].zone_id
        session.execute(text("delete from events.screening_prices where zone_id = :zone"), {"zone": zone})
    cache.clear_all()
    assert ana.get(f"/screenings/{screening.id}").status_code == 200


def summaries(page: str) -> list[str]:
    found = re.findall(r"<summary>(.*?)</summary>", html.unescape(page), re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", one).split()) for one in found]


def test_the_list_shows_the_seats_and_prices_of_each_row(ana: Visitor, screening: Screening) -> None:
    ana.start(screening, "A1 A2 A3")
    page = Visitor(ana.client.application).get(f"/screenings/{screening.id}?view=list").text
    assert summaries(page) == ["Row A 7 free, from R$ 38", "Row B 4 free, from R$ 46"]


def test_the_row_with_the_best_seats_is_open(ana: Visitor, screening: Screening) -> None:
    page = ana.get(f"/screenings/{screening.id}?view=list").text
    assert re.findall(r'<details data-row="(\w)"( open)?>', page) == [("A", " open"), ("B", "")]


def test_rows_with_chosen_seats_are_open(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "B1 B2")
    page = ana.get(f"{path}/seats?view=list").text
    assert re.findall(r'<details data-row="(\w)"( open)?>', page) == [("A", ""), ("B", " open")]
