"""Layout on a narrow phone, with wide text spacing (WCAG 1.4.12), with large text, and in forced colours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening
from app.web import links
from tests.door.door_fixtures import Staff
from tests.journeys.in_process_browser import InProcessBrowser
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of, time_until
from tests.shop.visitor import Visitor

NARROW = {"viewport": {"width": 320, "height": 640}}


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening(*["oooooooooooo"] * 7)


@pytest.fixture(params=["en", "pt_BR"])
def phone(app: Flask, new_page: Callable[..., Page], request: pytest.FixtureRequest) -> InProcessBrowser:
    visitor = Visitor(app, request.param)
    visitor.client.set_cookie("language", request.param)
    return InProcessBrowser(new_page, visitor, locale=request.param.replace("_", "-"), **NARROW)


@pytest.mark.parametrize("hour", [19, 0])
def test_the_perforation_of_a_ticket_is_at_its_notches(phone: InProcessBrowser, hour: int) -> None:
    """Line breaks in the texts do not move it down, neither in the evening nor after midnight."""
    screening = make_screening(*["oooooooooooo"] * 7, starts_in=time_until(hour))
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "G10"))
    phone.open(links.order(paid.token))
    phone.page.set_viewport_size({"width": 390, "height": 640})
    head = phone.page.locator(".ticket .top-half")
    usual = head.bounding_box()
    phone.page.set_viewport_size({"width": 320, "height": 640})
    narrow = head.bounding_box()
    assert usual
    assert narrow
    assert narrow["height"] == usual["height"]


# As the style of a browser extension, which the Content Security Policy does not forbid.
SET_TEXT_SPACING = """
    const sheet = new CSSStyleSheet();
    const rules = ["line-height: 1.5", "letter-spacing: .12em", "word-spacing: .16em"];
    sheet.replaceSync(`* { ${rules.map((rule) => `${rule} !important`).join("; ")} }`);
    document.adoptedStyleSheets = [sheet];
"""


def move_to_a_long_time(screening: Screening) -> None:
    """Move the screening to 10:58 pm, a time with a long text, independently of the current time."""
    hour = "date_trunc('day', now()) + interval '2 days 1 hour 58 minutes'"
    with db.transaction() as session:
        session.execute(
            text(f"update events.screenings set starts_at = {hour}, ends_at = {hour} + interval '2 hours'")
        )
    cache.clear_all()


def test_pages_fit_with_wide_text_spacing(phone: InProcessBrowser, screening: Screening) -> None:
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "G10 G11"))
    move_to_a_long_time(screening)
    page = phone.page
    make_screening("oo")  # a second cinema: the header then has a menu of cinemas
    for path in ("/", f"/films/{screening.film.slug}", links.order(paid.token), "/orders/find", "/help"):
        phone.open(path)
        page.evaluate(SET_TEXT_SPACING)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_error_messages_fit_with_text_of_double_size(
    app: Flask, new_page: Callable[..., Page], screening: Screening
) -> None:
    """The page must not become wider than the phone, because buttons would be out of view."""
    visitor = Visitor(app, "pt-BR")
    browser = InProcessBrowser(new_page, visitor, locale="pt-BR", viewport={"width": 360, "height": 740})
    path = visitor.start(screening, "G10")
    visitor.choose_full(path)
    browser.show(visitor.check_out(path, email="ana@", cpf="1"))
    browser.page.evaluate("document.documentElement.style.fontSize = '32px'")
    assert browser.page.locator(".errors a").count() == 2
    assert browser.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_qr_code_is_dark_on_light_in_forced_colours(phone: InProcessBrowser, screening: Screening) -> None:
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "G10"))
    phone.page.emulate_media(forced_colors="active", color_scheme="dark")
    phone.open(links.order(paid.token))
    look = phone.page.locator(".ticket .qr").evaluate(
        "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    )
    assert look == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


def test_long_words_and_the_door_fit_with_text_of_double_size(
    app: Flask, new_page: Callable[..., Page], screening: Screening
) -> None:
    staff = Staff(app, "pt-BR", email="a-rather-long-address@cinelanterna.example")
    browser = InProcessBrowser(new_page, staff, locale="pt-BR", viewport={"width": 360, "height": 740})
    for path in ("/help", "/account", "/staff/scan"):
        browser.open(path)
        browser.page.evaluate("document.documentElement.style.fontSize = '32px'")
        assert browser.page.evaluate("document.documentElement.scrollWidth") <= 360, path
    where = browser.page.locator(".standing summary").bounding_box()
    field = browser.page.locator("[data-scan-field]").bounding_box()
    assert where
    assert where["height"] < 200, "the text is broken into single letters"
    assert field
    assert field["width"] > 200
