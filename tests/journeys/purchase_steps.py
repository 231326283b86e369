"""Steps of a purchase in a real browser, and the QR codes of its tickets."""

from __future__ import annotations

import io
import re
import time

import pypdfium2
from playwright.sync_api import Locator, Page, expect

from tests.live_server import LiveServer
from tests.qr_codes import read_qr_codes

TIMEOUT_MS = 20_000


def open_a_seat_map(page: Page, server: LiveServer) -> None:
    """Open the last showtime with free seats of the next day, which has not begun at any hour."""
    page.goto(server.url)
    page.locator("a.day:not(.empty)").nth(1).click()
    page.wait_for_url(re.compile("[?&]day="))
    stubs = page.locator("a.stub.ticket-paper:not(:has(.last))")
    expect(stubs.first).to_be_visible()
    stubs.last.click()
    expect(page.locator("input[name=seat]").first).to_be_attached()


def pay_at_sandbox_bank(page: Page) -> None:
    """Pay on the sandbox bank's page, which redirects back to the order."""
    page.locator("a[href^='/sandbox-bank/']").click()
    page.locator("button[value=pay]").click()


def open_card_page(page: Page) -> None:
    """Wait for the bank's card page; the payment page redirects to it, or shows a link when the page already exists."""
    link = page.get_by_role("link", name="Go to the card page")
    expect(link.or_(page.locator("button[value=decline]"))).to_be_visible(timeout=TIMEOUT_MS)
    if "/sandbox-bank/" not in page.url:
        link.click()
    page.wait_for_url("**/sandbox-bank/**", timeout=TIMEOUT_MS)


def confirm_age(page: Page) -> None:
    if page.locator("input[name=age]").count():
        page.locator("input[name=age]").check()


def step_button(page: Page) -> Locator:
    """The button that goes on to the next step, in the bar or in the panel, whichever the layout shows.

    Both are visible until the styles have arrived, so this waits until one is left.
    """
    button = page.locator("[data-bar-action]:visible")
    expect(button).to_have_count(1)
    return button


def press_continue(page: Page) -> None:
    step_button(page).click()


def go_on_to_checkout(page: Page) -> None:
    """Go on from the types, with full prices and no concessions."""
    confirm_age(page)
    press_continue(page)
    page.wait_for_url("**/concessions")
    press_continue(page)
    page.wait_for_url("**/checkout")


def go_on_to_pay(page: Page) -> None:
    """Go on from the types with full prices and no concessions, and fill in the buyer."""
    go_on_to_checkout(page)
    fill_in_buyer(page)
    press_continue(page)


def fill_in_buyer(page: Page, name: str = "Ana Luísa Prado") -> None:
    page.get_by_label(re.compile("^(Nome|Name)$")).fill(name)
    page.locator("input[name=email]").fill("ana@example.com")


def qr_codes_of_pdf(page: Page, path: str) -> list[str]:
    """The texts of the QR codes in the downloaded PDF, page by page."""
    # The worker draws the PDF at a low priority, so it may take long on a busy machine.
    deadline = time.monotonic() + 90
    while (answer := page.request.get(path)).status != 200 and time.monotonic() < deadline:
        page.wait_for_timeout(250)
    assert answer.headers["content-type"] == "application/pdf"
    document = pypdfium2.PdfDocument(io.BytesIO(answer.body()))
    found = []
    for sheet in document:
        picture = sheet.render(scale=4).to_pil()
        found += read_qr_codes(picture)
    return found
