"""Steps at the door page by keyboard, and tickets that were bought for a screening."""

from __future__ import annotations

import re

import psycopg2
from playwright.sync_api import Page, expect

from app.users.service import DEMO_SIGN_INS
from tests.journeys.purchase_steps import (
    TIMEOUT_MS,
    confirm_age,
    fill_in_buyer,
    open_a_seat_map,
    pay_at_sandbox_bank,
    press_continue,
    qr_codes_of_pdf,
)
from tests.live_server import LiveServer
from tests.tickets.conftest import noon_timezone

SIGN_INS = {role: (email, password) for role, email, password in DEMO_SIGN_INS}


def move_cinemas_to_noon(live_server: LiveServer) -> LiveServer:
    """Set the cinemas' time zone to one where it is noon now, so that a screening of today is still to come."""
    connection = psycopg2.connect(live_server.database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("update events.cinemas set timezone = %s", (noon_timezone(),))
        cursor.execute("update events.programme_version set version = version + 1")
    connection.close()
    return live_server


class BoughtTickets:
    """Tickets: the texts of their QR codes in the PDF, and their screening's value in the door's list of places."""

    def __init__(self, page: Page, server: LiveServer, quantity: int = 2) -> None:
        open_a_seat_map(page, server, today=True)
        self.place = "screening-" + page.url.rpartition("/")[2].partition("?")[0]
        page.locator("[name=quantity]").fill(str(quantity))
        page.locator("[data-best-button]").click()
        page.wait_for_url("**/types")
        confirm_age(page)
        press_continue(page)
        page.wait_for_url("**/concessions")
        press_continue(page)
        page.wait_for_url("**/checkout")
        fill_in_buyer(page)
        press_continue(page)
        page.wait_for_url("**/payment")
        order = page.url.removesuffix("/payment")
        pay_at_sandbox_bank(page)
        page.wait_for_url(order, timeout=TIMEOUT_MS)
        expect(page.locator("article.ticket")).to_have_count(quantity)
        self.codes = qr_codes_of_pdf(page, f"{order}/tickets.pdf")
        assert len(self.codes) == quantity


def sign_in(page: Page, server: LiveServer, role: str = "door") -> None:
    """Ask for the door page, sign in, and wait for the redirect back to it."""
    email, password = SIGN_INS[role]
    page.goto(f"{server.url}/staff/scan")
    page.get_by_label("E-mail").focus()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/scan")


def stand_at(page: Page, place: str, gate: str = "Portão 2") -> None:
    page.locator("details.standing summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Você está em")).to_be_focused()
    page.keyboard.press("Home")
    for _ in range(60):
        if page.get_by_label("Você está em").input_value() == place:
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type(gate, delay=100)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#_place")).to_contain_text(re.compile(rf"^{gate} · Sala"))


def scan(page: Page, code: str, *, held_up_ms: int = 0) -> None:
    """Type a code and Enter into the focused element, as a scanner does. `held_up_ms` delays one letter."""
    page.keyboard.type(code[:6])
    page.wait_for_timeout(held_up_ms)
    page.keyboard.type(code[6:])
    page.keyboard.press("Enter")


def expect_verdict(page: Page, title: str) -> None:
    lines = title.replace(" ", r"\s+")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(rf"^\s*{lines}\s*$"))


def admitted_count(page: Page) -> int:
    return int(page.locator("#_counters b").first.inner_text())


def expect_admitted(page: Page, count: int) -> None:
    expect(page.locator("#_counters")).to_contain_text(f"{count} dentro")
