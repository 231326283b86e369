"""The share button on the page of a paid order, with and without the share dialog of the device."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.orders.service import OrderView
from app.web import links
from tests.journeys.in_process_browser import InProcessBrowser
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor


@pytest.fixture
def paid(app: Flask) -> OrderView:
    screening = make_screening("oooooo")
    return purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1 A2"))


@pytest.fixture
def browser(app: Flask, new_page: Callable[..., Page]) -> InProcessBrowser:
    return InProcessBrowser(
        new_page, Visitor(app), locale="en", permissions=["clipboard-read", "clipboard-write"]
    )


def test_the_share_dialog_of_the_device_is_used(browser: InProcessBrowser, paid: OrderView) -> None:
    browser.page.add_init_script("navigator.share = async (what) => { window.shared = what; }")
    browser.open(links.order(paid.token))
    browser.page.get_by_role("button", name="Share").click()
    shared = browser.page.evaluate("window.shared")
    assert shared["url"].endswith(f"/films/{paid.screening.film.slug}")
    assert "A1, A2" in shared["text"]


def test_without_a_share_dialog_the_text_is_copied(browser: InProcessBrowser, paid: OrderView) -> None:
    page = browser.page
    page.add_init_script("delete Navigator.prototype.share; delete navigator.share")
    browser.open(links.order(paid.token))
    button = page.locator("[data-share]")
    button.click()
    expect(button).to_have_text("Copied")
    expect(page.locator("#voice")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f"/films/{paid.screening.film.slug}")
    assert paid.token not in copied


def test_closing_the_share_dialog_is_no_error(browser: InProcessBrowser, paid: OrderView) -> None:
    page = browser.page
    page.add_init_script("navigator.share = async () => { throw new DOMException('closed', 'AbortError'); }")
    browser.open(links.order(paid.token))
    button = page.locator("[data-share]")
    button.click()
    expect(button).to_have_text("Share")
    assert page.evaluate("document.activeElement.hasAttribute('data-share')")
