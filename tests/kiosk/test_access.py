"""What a kiosk reaches and what it does not, and that no browser becomes one by pretending."""

from __future__ import annotations

import pytest
from flask import Flask

from app.events.service import Screening
from tests.kiosk.kiosk_visitor import Kiosk, pair
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import Visitor

FORBIDDEN = (
    "/account", "/account/sign-in", "/account/sign-up", "/account/orders", "/account/reset", "/orders/find",
    "/staff/scan", "/staff/devices", "/staff/admissions", "/sitemap.xml", "/help", "/requests/x",
    "/orders/x/tickets.pdf", "/nowhere",
)  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_kiosk_finds_no_page_that_is_not_for_it(kiosk: Kiosk, address: str) -> None:
    assert kiosk.get(address).status_code == 404


def test_forms_of_other_pages_are_not_there_either(kiosk: Kiosk, screening: Screening) -> None:
    for address in (
        "/account/sign-in",
        "/staff/devices",
        "/staff/admissions",
        "/cinema",
        "/webhooks/sandbox",
    ):
        assert kiosk.post(address, {"email": "a@example.org", "password": "x"}).status_code == 404


def test_every_endpoint_outside_of_the_list_is_refused(app: Flask, kiosk: Kiosk) -> None:
    """A page that is added later is not open by mistake."""
    allowed = (
        "/kiosk",
        "/screenings/",
        "/orders/",
        "/static/",
        "/language",
        "/healthz",
        "/readyz",
        "/sandbox-bank/",
        "/sandbox-terminal",
    )
    for rule in app.url_map.iter_rules():
        if (
            rule.arguments
            or "GET" not in (rule.methods or ())
            or rule.rule.startswith(allowed)
            or rule.rule == "/"
        ):
            continue
        assert kiosk.get(rule.rule).status_code == 404, rule.rule


def test_the_programme_and_films_lead_to_the_kiosks_own_programme(kiosk: Kiosk, screening: Screening) -> None:
    for address in ("/", f"/films/{screening.film.slug}"):
        assert kiosk.get(address).location == "/kiosk/programme"
    assert screening.film.title in kiosk.get("/kiosk/programme").text


def test_a_kiosk_sells_its_own_site_alone(kiosk: Kiosk, screening: Screening) -> None:
    elsewhere = make_screening("oooo")
    assert f"/screenings/{screening.id}" in kiosk.get("/kiosk").text
    for page in ("/kiosk", "/kiosk/programme"):
        assert f"/screenings/{elsewhere.id}" not in kiosk.get(page).text
    assert kiosk.get(f"/screenings/{screening.id}").status_code == 200
    assert kiosk.get(f"/screenings/{elsewhere.id}").status_code == 404
    assert kiosk.post(f"/screenings/{elsewhere.id}/orders", {"quantity": "2"}).status_code == 404


def test_pages_of_a_kiosk_are_neither_stored_nor_translated(kiosk: Kiosk, screening: Screening) -> None:
    path = kiosk.start(screening, "A1 A2")
    kiosk.choose_full(path)
    pages = (
        "/kiosk",
        "/kiosk/programme",
        f"/screenings/{screening.id}",
        f"{path}/types",
        f"{path}/checkout",
        "/account",
    )
    for page in pages:
        answer = kiosk.get(page)
        assert answer.headers["Cache-Control"] == "no-store", page
        assert "data-kiosk" in answer.text, page
        assert '<meta name="google" content="notranslate">' in answer.text, page


@pytest.mark.parametrize("token", ["", "x", "x" * 500])
def test_a_browser_does_not_become_a_kiosk_by_a_cookie(app: Flask, screening: Screening, token: str) -> None:
    browser = Visitor(app)
    browser.client.set_cookie("device", token)
    page = browser.get(f"/screenings/{screening.id}")
    assert "data-kiosk" not in page.text
    assert page.headers["Cache-Control"] != "no-store"
    assert browser.get("/account/sign-in").status_code == 200
    for address in ("/kiosk/visits", "/kiosk/leave", "/kiosk/access"):
        assert browser.post(address).location == "/kiosk"  # the pairing page, as of a revoked kiosk
    assert browser.get("/kiosk/programme").location == "/kiosk"
    with browser.client.session_transaction() as session:
        assert "visitor" not in session
    without_cookie = Visitor(app)
    assert without_cookie.post("/kiosk/visits").status_code == 404
    assert without_cookie.get("/kiosk/programme").location == "/"


def test_who_was_signed_in_on_the_machine_is_signed_out_by_the_pairing(
    app: Flask, screening: Screening
) -> None:
    machine = Kiosk(app)
    with machine.client.session_transaction() as session:
        session["_user_id"] = "the key of a session"
    pair(machine, screening.cinema.id)
    with machine.client.session_transaction() as session:
        assert "_user_id" not in session
