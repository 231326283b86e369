"""Keyboard and screen readers: the focus stays, Enter activates the right button, and changes are announced."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.core import db
from app.orders import service as orders
from tests.actors import owner_of
from tests.journeys.in_process_browser import InProcessBrowser
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor, order_at


@pytest.fixture
def ana(app: Flask) -> Visitor:
    visitor = Visitor(app)
    visitor.client.set_cookie("language", "en")
    return visitor


@pytest.fixture
def browser(new_page: Callable[..., Page], ana: Visitor) -> InProcessBrowser:
    return InProcessBrowser(new_page, ana, locale="en")


def test_enter_on_minus_at_its_minimum_submits_nothing(browser: InProcessBrowser) -> None:
    """The button − at the minimum keeps the focus and does nothing, also on Enter."""
    screening = make_screening("oooooo")
    browser.open(f"/screenings/{screening.id}")
    page = browser.page
    here = page.url
    less = page.get_by_role("button", name="One less: How many seats")
    less.focus()
    for _ in range(3):
        page.keyboard.press("Enter")
        expect(less).to_be_focused()
    expect(page.locator("input[name=quantity]")).to_have_value("1")
    expect(less).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="One more: How many seats").press("Enter")
    expect(less).to_have_attribute("aria-disabled", "false")
    assert page.url == here


def test_enter_on_a_product_at_its_limit_submits_nothing(browser: InProcessBrowser, ana: Visitor) -> None:
    screening = make_screening("oooooo")
    add_product(screening)
    path = ana.start(screening, "A1")
    ana.choose_full(path)
    browser.open(f"{path}/concessions")
    page = browser.page
    page.get_by_role("button", name="Add").first.press("Enter")
    expect(page.locator("[data-step='1']").first).to_be_focused()
    less = page.locator("[data-step='-1']").first
    page.locator("[data-step='1']").first.press("Enter")
    less.press("Enter")
    expect(less).to_be_focused()
    less.press("Enter")
    expect(page.get_by_role("button", name="Add").first).to_be_focused()
    assert page.url.endswith("/concessions")


def test_enter_in_a_quantity_submits_the_step_and_adds_nothing(
    browser: InProcessBrowser, ana: Visitor
) -> None:
    screening = make_screening("oooooo")
    add_product(screening, name="Popcorn")
    cola = add_product(screening, name="Cola")
    path = ana.start(screening, "A1")
    ana.choose_full(path)
    ana.post(f"{path}/concessions", {f"quantity-{cola}": "2"})
    browser.open(f"{path}/concessions")
    browser.page.locator(f"#quantity-{cola}").press("Enter")
    browser.page.wait_for_url("**/checkout")
    assert {item.product_id: item.quantity for item in order_at(path).items} == {cola: 2}


def test_the_focus_stays_on_the_page_when_an_offer_comes(browser: InProcessBrowser, ana: Visitor) -> None:
    """The offer replaces the part with the focused button "Leave the line"."""
    screening = make_screening("oo")
    another = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1 A2"), "eva")
    joined = ana.post(f"/screenings/{screening.id}/orders", {"quantity": "2", "once": "a" * 16})
    ana.post(joined.location, {"quantity": "2", "email": "ana@example.org"})
    browser.open(joined.location)
    page = browser.page
    page.get_by_role("button", name="Leave the line").focus()
    with db.transaction():
        orders.abandon(another.token, owner_of(another))
    purchases.run_due_work()
    expect(page.get_by_role("link", name="See your seats")).to_be_visible(timeout=20_000)
    expect(page.locator("main")).to_be_focused()
    expect(page.locator("#_waiting[aria-live=polite]")).to_contain_text("A1 and A2: yours, if you like.")


def test_the_focus_moves_on_when_the_focused_seat_is_taken(browser: InProcessBrowser) -> None:
    screening = make_screening("oooo", "oooo")
    browser.open(f"/screenings/{screening.id}?view=list")
    page = browser.page
    page.locator(".by-row summary").first.click()
    page.locator("#A2").focus()
    purchases.start(screening, seat_ids(seat_plan_of(screening), "A2"), "eva")
    expect(page.locator("#A2")).to_be_disabled(timeout=20_000)
    expect(page.locator("#A3")).to_be_focused()
    expect(page.locator("#voice")).to_have_text("A2, taken")
    purchases.start(screening, seat_ids(seat_plan_of(screening), "A3 A4"), "eva")
    expect(page.locator("#A1")).to_be_focused(timeout=20_000)


def test_escape_closes_the_menu(browser: InProcessBrowser) -> None:
    make_screening("oooo")
    browser.open("/")
    menu = browser.page.locator("details.menu")
    menu.locator("summary").click()
    menu.locator("a").first.focus()
    browser.page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


@pytest.mark.parametrize("view", ["", "?view=list"])
def test_escape_closes_the_question(browser: InProcessBrowser, ana: Visitor, view: str) -> None:
    """The chosen seats stay chosen and get the focus."""
    screening = make_screening("oooooo")
    chosen = [str(seat) for seat in seat_ids(seat_plan_of(screening), "A2 A3")]
    browser.show(ana.post(f"/screenings/{screening.id}/orders{view}", {"seat": chosen, "once": "a" * 16}))
    page = browser.page
    expect(page.locator("#sheet button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_have_count(0)
    expect(page.locator("#A2")).to_be_checked()
    expect(page.locator("#A2")).to_be_focused()


def test_the_state_of_the_payment_is_announced(browser: InProcessBrowser, ana: Visitor) -> None:
    """htmx replaces the polled part, so a separate live region, which stays in the page, announces the state."""
    screening = make_screening("oooooo")
    path = ana.start(screening, "A1")
    ana.choose_full(path)
    ana.check_out(path)
    browser.open(f"{path}/payment")
    expect(browser.page.locator("#_payment[data-stage=preparing]")).to_be_visible()
    voice = browser.page.locator("#voice[aria-live=polite]")
    purchases.run_due_work()
    expect(voice).to_have_text("Your Pix code is here, to copy.")
    voice.evaluate("region => { region.stays = true; }")
    purchases.expire(order_at(path))
    expect(voice).to_contain_text("Time is up. Your seats are no longer held.")
    assert voice.evaluate("region => region.stays"), (
        "screen readers announce changes of an existing region only"
    )
