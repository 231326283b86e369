"""The door as staff use it by keyboard, and tickets that were bought for it."""

from __future__ import annotations

import re

import psycopg2
from playwright.sync_api import Page, expect

from app.users.service import DEMO_SIGN_INS
from tests.journeys.steps import (
    SECONDS,
    codes_of,
    confirm_age,
    fill_in,
    go_on,
    pay_at_the_bank,
    to_a_seat_map,
)
from tests.live_server import LiveServer
from tests.tickets.conftest import where_it_is_noon

SIGN_INS = {role: (email, password) for role, email, password in DEMO_SIGN_INS}


def at_noon(live_server: LiveServer) -> LiveServer:
    """Where it is noon, whenever the tests run: a screening of today is still to come."""
    connection = psycopg2.connect(live_server.database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("update events.cinemas set timezone = %s", (where_it_is_noon(),))
        cursor.execute("update events.programme_version set version = version + 1")
    connection.close()
    return live_server


class Bought:
    """Two tickets: what their QR codes say on paper, and the value by which the door's list names their screening."""

    def __init__(self, page: Page, house: LiveServer) -> None:
        to_a_seat_map(page, house, today=True)
        self.place = "screening-" + page.url.rpartition("/")[2].partition("?")[0]
        page.locator("[data-best-button]").click()
        page.wait_for_url("**/types")
        confirm_age(page)
        go_on(page)
        page.wait_for_url("**/concessions")
        go_on(page)
        page.wait_for_url("**/checkout")
        fill_in(page)
        go_on(page)
        page.wait_for_url("**/payment")
        order = page.url.removesuffix("/payment")
        pay_at_the_bank(page)
        page.wait_for_url(order, timeout=SECONDS)
        expect(page.locator("article.ticket")).to_have_count(2)
        self.codes = codes_of(page, f"{order}/tickets.pdf")
        assert len(self.codes) == 2


def sign_in(page: Page, house: LiveServer, role: str = "door") -> None:
    """Asked for the door; led there by the sign-in."""
    email, password = SIGN_INS[role]
    page.goto(f"{house.url}/staff/scan")
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
    """As a scanner does it: into whatever has the focus, and Enter. A busy device holds up a letter for a moment."""
    page.keyboard.type(code[:6])
    page.wait_for_timeout(held_up_ms)
    page.keyboard.type(code[6:])
    page.keyboard.press("Enter")


def says(page: Page, title: str) -> None:
    lines = title.replace(" ", r"\s+")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(rf"^\s*{lines}\s*$"))


def inside(page: Page) -> int:
    return int(page.locator("#_counters b").first.inner_text())


def now_inside(page: Page, count: int) -> None:
    expect(page.locator("#_counters")).to_contain_text(f"{count} dentro")
