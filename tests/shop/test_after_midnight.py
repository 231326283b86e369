"""A screening at 0h30 on a Sunday has the same date on all pages, in mails, on tickets and at the door."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import cache, config, db
from app.events import service as events
from app.events.service import Screening
from app.orders.service import OrderView
from app.tickets import pdf_layout
from app.tickets import service as tickets
from app.web import links
from tests.door.door_fixtures import Staff
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.programme_pages import showtimes
from tests.shop.visitor import Visitor
from tests.users.account_data import PASSWORD, mail_text, make_account
from tests.users.notice_mails import only_mail, send_all_mails

IN_FULL = "madrugada de sábado 1 para domingo 2 de dezembro"
IN_A_LINE = "madrugada de sáb para dom 02/12, 0h30"
IN_LITTLE = "dom 02/12, madrugada"


@pytest.fixture
def late(app: Flask) -> Screening:
    """Sunday 2 December 2035, 0:30 in Recife."""
    screening = make_screening("oooooooooo")
    starts_at = datetime(2035, 12, 2, 3, 30, tzinfo=UTC)
    with db.transaction() as session:
        session.execute(
            text(
                "update events.screenings set starts_at = :at, ends_at = :at + interval '2 hours' where id = :id"
            ),
            {"at": starts_at, "id": screening.id},
        )
    cache.clear_all()
    with db.reading():
        return events.screening(screening.id)


@pytest.fixture
def paid(late: Screening) -> OrderView:
    return purchases.buy(late, seat_ids(seat_plan_of(late), "A4"))


@pytest.fixture
def bia(app: Flask) -> Visitor:
    return Visitor(app, "pt-BR")


def main_text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ").split())


def test_the_programme_lists_it_under_its_cinema_day_with_its_date(bia: Visitor, late: Screening) -> None:
    (stub,) = showtimes(bia.get("/?day=2035-12-01").text)
    assert stub.startswith(f"0h30 {IN_LITTLE} ")
    assert showtimes(bia.get("/?day=2035-12-02").text) == []
    film = bia.get(f"/films/{late.film.slug}")
    assert showtimes(film.text)[0].startswith(f"0h30 {IN_LITTLE} ")
    graph = json.loads(
        re.findall(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', film.text, re.S)[0]
    )
    starts = [node["startDate"] for node in graph["@graph"] if node["@type"] == "ScreeningEvent"]
    assert starts == ["2035-12-02T00:30-03:00"]


def test_each_step_shows_the_date_short_and_in_full(bia: Visitor, late: Screening) -> None:
    page = main_text_of(bia.get(f"/screenings/{late.id}").text)
    assert IN_A_LINE in page
    assert f"{IN_FULL} 0h30" in page
    order = bia.start(late, "A1")
    page = main_text_of(bia.get(f"{order}/types").text)
    assert IN_A_LINE in page
    assert f"{IN_FULL} 0h30" in page


def test_order_page_and_account_show_the_date(bia: Visitor, paid: OrderView) -> None:
    page = main_text_of(bia.get(links.order(paid.token)).text)
    assert IN_A_LINE in page
    assert f"{IN_LITTLE[:1].upper()}{IN_LITTLE[1:]} 0h30" in page
    make_account("ana@example.org")
    bia.post("/account/sign-in", {"email": "ana@example.org", "password": PASSWORD})
    assert f"0h30 {IN_FULL}" in main_text_of(bia.get("/account/orders").text)


def test_mail_and_pdf_have_the_date(paid: OrderView) -> None:
    mail = mail_text(only_mail(send_all_mails(), paid.code))
    assert f"{IN_FULL}, 0h30" in mail
    with db.reading():
        (ticket,) = tickets.of_order(paid.id)
    page = pdf_layout.layout_page(ticket, 1, "pt_BR", config.settings().cinema.name)
    assert " ".join(page.date.lines) == f"{IN_FULL} de 2035".upper()


def test_the_door_shows_the_date(app: Flask, paid: OrderView) -> None:
    with db.reading():
        (ticket,) = tickets.of_order(paid.id)
    verdict = main_text_of(Staff(app, "pt-BR").scan(ticket.code).text)
    assert f"02/12 domingo 0h30 {ticket.facts.film_title}" in verdict
    assert f"O ingresso vale para: {IN_FULL}." in verdict
