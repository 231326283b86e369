"""The steps of a purchase in a real browser, and the codes of the tickets that come out of it."""

from __future__ import annotations

import io
import re
import time

import pypdfium2
from playwright.sync_api import Page, expect

from tests.live_server import LiveServer
from tests.qr_codes import read_qr_codes

SECONDS = 20_000


def to_a_seat_map(page: Page, shop: LiveServer, *, today: bool = False) -> None:
    """From the programme by the last showtime that has room: of the next day, when nothing has begun at any hour."""
    page.goto(shop.url)
    if not today:
        page.locator("a.day:not(.empty)").nth(1).click()
        page.wait_for_url(re.compile("[?&]day="))
    stubs = page.locator("a.stub.stock:not(:has(.last))")
    expect(stubs.first).to_be_visible()
    stubs.last.click()
    expect(page.locator("input[name=seat]").first).to_be_attached()


def pay_at_the_bank(page: Page) -> None:
    """The sandbox's own page, where one plays the customer; it leads back to the order."""
    page.locator("a[href^='/sandbox-bank/']").click()
    page.locator("button[value=pay]").click()


def to_the_card_page(page: Page) -> None:
    """The page goes there by itself as soon as the bank has one; where it has it already, by a link."""
    link = page.get_by_role("link", name="Go to the card page")
    expect(link.or_(page.locator("button[value=decline]"))).to_be_visible(timeout=SECONDS)
    if "/sandbox-bank/" not in page.url:
        link.click()
    page.wait_for_url("**/sandbox-bank/**", timeout=SECONDS)


def confirm_age(page: Page) -> None:
    if page.locator("input[name=age]").count():
        page.locator("input[name=age]").check()


def go_on(page: Page) -> None:
    page.locator("[data-bar-action]:visible").click()


def fill_in(page: Page, name: str = "Ana Luísa Prado") -> None:
    page.get_by_label(re.compile("^(Nome|Name)$")).fill(name)
    page.locator("input[name=email]").fill("ana@example.com")


def codes_of(page: Page, path: str) -> list[str]:
    """What the QR codes of the downloaded PDF say, page by page."""
    # It is drawn by the patient half of the worker, with what the others leave of the machine.
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
