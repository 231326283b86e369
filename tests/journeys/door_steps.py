"""Steps at the door page by keyboard, and tickets that were bought for a screening."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Page, expect

from app.users.service import DEMO_SIGN_INS
from tests.journeys.purchase_steps import (
    TIMEOUT_MS,
    go_on_to_pay,
    pay_at_sandbox_bank,
    qr_codes_of_pdf,
)
from tests.live_server import LiveServer
from tests.tickets.conftest import noon_timezone

SIGN_INS = {role: (email, password) for role, email, password in DEMO_SIGN_INS}


# A further auditorium of the demo with a screening in two hours: at night the demo has none that is still to come.
_ADD_SCREENING = """
    with auditorium as (
        insert into events.auditoriums (cinema_id, label, name, stock, capacity)
        select id, '9', 'Sala 9', 'green', 96 from events.cinemas order by position limit 1 returning id
    ), zone as (
        insert into events.zones (auditorium_id, code, name, position)
        select id, 'standard', 'Sala', 0 from auditorium returning id
    ), seats as (
        insert into events.seats (auditorium_id, zone_id, row_label, row_index, number, "column", kind)
        select auditorium.id, zone.id, chr(65 + line), line, place, place - 1, 'standard'
        from auditorium, zone, generate_series(0, 7) line, generate_series(1, 12) place
    ), screening as (
        insert into events.screenings (film_id, auditorium_id, starts_at, ends_at, version, external_ref)
        select films.id, auditorium.id, now() + interval '2 hours', now() + interval '4 hours', 'subtitled', 'door'
        from auditorium, events.films where slug = 'metropolis' returning id
    )
    insert into events.screening_prices select screening.id, zone.id, 3800 from screening, zone
"""


def open_at_noon(server: LiveServer) -> LiveServer:
    """Set the cinemas' time zone to one where it is noon now, and add a screening of today with free seats."""
    server.query(_ADD_SCREENING)
    server.query("update events.cinemas set timezone = %s", noon_timezone())
    server.query("update events.programme_version set version = version + 1")
    return server


class BoughtTickets:
    """Tickets of the screening that `open_at_noon` added: the texts of their QR codes in the PDF, and the screening's
    value in the door's list of places."""

    def __init__(self, page: Page, server: LiveServer, quantity: int = 2) -> None:
        ((screening,),) = server.query("select id from events.screenings where external_ref = 'door'")
        self.place = f"screening-{screening}"
        page.goto(f"{server.url}/screenings/{screening}")
        page.locator("[name=quantity]").fill(str(quantity))
        page.locator("[data-best-button]").click()
        page.wait_for_url("**/types")
        go_on_to_pay(page)
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
    page.wait_for_url(f"{server.url}/staff/scan")  # a pattern would fit the address of the sign-in too


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
    page.wait_for_load_state()  # the page is there before its scripts


# The next `keys` keys follow each other by 5 ms, the seventh one `heldUp` ms later, however slow this machine is.
SCANNER_SPEED = """([keys, heldUp]) => {
  const real = Object.getOwnPropertyDescriptor(Event.prototype, "timeStamp").get;
  const stamps = new WeakMap();
  let [time, pressed] = [performance.now(), 0];
  addEventListener("keydown", (event) => {
    if (pressed === keys || event.key === "Control") return;
    pressed += 1;
    time += pressed === 7 ? 5 + heldUp : 5;
    stamps.set(event, time);
  }, true);
  Object.defineProperty(Event.prototype, "timeStamp", { configurable: true, get() {
    return stamps.get(this) ?? real.call(this);
  } });
}"""


def scan(page: Page, code: str, suffix: Sequence[str] = ("Enter",), *, held_up_ms: int = 0) -> None:
    """Type a code and the keys `suffix` into the focused element, at the speed of a scanner.

    `held_up_ms` delays one letter.
    """
    page.evaluate(SCANNER_SPEED, [len(code) + len(suffix), held_up_ms])
    page.keyboard.type(code)
    for key in suffix:
        page.keyboard.press(key)


def expect_verdict(page: Page, title: str) -> None:
    lines = title.replace(" ", r"\s+")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(rf"^\s*{lines}\s*$"))


def admitted_count(page: Page) -> int:
    return int(page.locator("#_counters b").first.inner_text())


def expect_admitted(page: Page, count: int) -> None:
    expect(page.locator("#_counters")).to_contain_text(f"{count} dentro")
