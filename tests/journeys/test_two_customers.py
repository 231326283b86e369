"""Two customers at one seat map: live seats, polling, lost seats with alternatives, and the waiting list."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from app.core import db
from app.orders import service as orders
from tests.actors import owner_of
from tests.journeys.journey_data import Journey
from tests.journeys.purchase_steps import TIMEOUT_MS, press_continue
from tests.users.account_data import mail_link, read_mails

NewPage = Callable[..., Page]


def test_taken_seats_are_shown_live(new_page: NewPage, journey: Journey) -> None:
    """The stream reports them, while polling is blocked; a lost chosen seat is announced, a released one is free."""
    screening = journey.make_screening("oooooo", "oooooo")
    ana, bia = new_page(), new_page()
    ana.route("**/seats.json", lambda route: route.abort())
    journey.open_map(ana, screening)
    ana.locator("#A1").check(force=True)
    ana.locator("#A2").check(force=True)
    order = journey.choose_seats(bia, screening, "A1")
    expect(ana.locator("#A1")).to_be_disabled(timeout=TIMEOUT_MS)
    expect(ana.locator("#A1")).not_to_be_checked()
    expect(ana.locator("[data-lost-notice]")).to_contain_text("A1 acabou de sair")
    expect(ana.locator("#A2")).to_be_checked()
    expect(ana.locator(".bar [data-bar-text]")).to_have_text("1 lugar: A2")
    with db.transaction():
        taken = journey.order_at(order)
        orders.abandon(taken.token, owner_of(taken))
    expect(ana.locator("#A1")).to_be_enabled(timeout=TIMEOUT_MS)


def test_without_streams_the_page_polls(new_page: NewPage, journey: Journey) -> None:
    screening = journey.make_screening("oooo")
    page = new_page()
    page.route("**/events", lambda route: route.abort())
    journey.open_map(page, screening)
    journey.order_by_another_visitor(screening, "A1 A2")
    expect(page.locator("#A1")).to_be_disabled(timeout=TIMEOUT_MS)
    expect(page.locator("#A2")).to_be_disabled()
    expect(page.locator("#A3")).to_be_enabled()


def test_without_streams_a_visible_page_polls_every_second(new_page: NewPage, journey: Journey) -> None:
    page = new_page()
    page.route("**/events", lambda route: route.abort())
    asked = count_polls(page)
    open_map_with_fake_clock(page, journey)
    asked.clear()
    advance(page, 10)
    assert len(asked) > 5


def test_the_page_polls_less_often_when_the_server_has_no_stream_left(
    new_page: NewPage, journey: Journey
) -> None:
    page = new_page()
    page.route("**/events", lambda route: route.fulfill(status=503))
    asked = count_polls(page)
    open_map_with_fake_clock(page, journey)
    advance(page, 5)
    asked.clear()
    advance(page, 30)
    assert 5 < len(asked) < 15


def test_the_page_polls_less_often_after_each_failed_answer(new_page: NewPage, journey: Journey) -> None:
    """The pauses are 1, 2, 4, 8 and then 15 seconds, or as Retry-After says; after an answer they are short again."""
    page = new_page()
    said: dict[str, str] = {}
    page.route("**/events", lambda route: route.abort())
    page.route("**/seats.json", lambda route: route.fulfill(status=503, headers=said))
    asked = count_polls(page)
    open_map_with_fake_clock(page, journey)
    asked.clear()
    advance(page, 60)
    assert 2 < len(asked) < 12
    page.unroute("**/seats.json")
    advance(page, 20)
    asked.clear()
    advance(page, 10)
    assert len(asked) > 5
    said["Retry-After"] = "40"
    page.route("**/seats.json", lambda route: route.fulfill(status=503, headers=said))
    advance(page, 3)
    asked.clear()
    advance(page, 30)
    assert not asked


def count_polls(page: Page) -> list[str]:
    """A list that gets one entry for each poll of the seats."""
    asked: list[str] = []
    page.on("response", lambda answer: asked.append(answer.url) if "seats.json" in answer.url else None)
    return asked


def open_map_with_fake_clock(page: Page, journey: Journey) -> None:
    """Open a map whose clock stands still until the test advances it."""
    page.clock.install(time=0)
    journey.open_map(page, journey.make_screening("oooo"))
    page.clock.pause_at(3_600_000)


def advance(page: Page, seconds: int) -> None:
    """Advance the clock in small steps, and wait after each step until all requests are answered."""
    asked: set[Request] = set()
    page.on("request", lambda request: asked.add(request))
    page.on("requestfinished", lambda request: asked.discard(request))
    page.on("requestfailed", lambda request: asked.discard(request))
    for _ in range(seconds * 4):
        page.clock.run_for(250)
        page.wait_for_timeout(25)
        deadline = time.monotonic() + TIMEOUT_MS / 1000
        while asked and time.monotonic() < deadline:
            page.wait_for_timeout(5)


def test_no_change_is_missed_when_a_stream_breaks(new_page: NewPage, journey: Journey) -> None:
    """The browser reconnects much later; until then polling shows the changes."""
    screening = journey.make_screening("oooo")
    page = new_page()
    first = f'retry: 600000\nevent: seats\ndata: {{"now": {time.time()}, "taken": {{}}}}\n\n'
    page.route(
        "**/events", lambda route: route.fulfill(body=first, headers={"Content-Type": "text/event-stream"})
    )
    journey.open_map(page, screening)
    order = journey.choose_seats(new_page(), screening, "A1")
    expect(page.locator("#A1")).to_be_disabled(timeout=TIMEOUT_MS)
    with db.transaction():
        taken = journey.order_at(order)
        orders.abandon(taken.token, owner_of(taken))
    expect(page.locator("#A1")).to_be_enabled(timeout=TIMEOUT_MS)


def test_lost_seats_are_named_and_the_nearest_are_offered(new_page: NewPage, journey: Journey) -> None:
    """The page does not know that they are lost, because streams and polling are blocked."""
    screening = journey.make_screening("oooooo", "oooooo")
    page = new_page()
    page.route("**/events", lambda route: route.abort())
    page.route("**/seats.json", lambda route: route.abort())
    journey.open_map(page, screening)
    for name in ("B1", "B2", "B3"):
        page.locator(f"#{name}").check(force=True)
    journey.order_by_another_visitor(screening, "B1")
    press_continue(page)
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("B1 acabou de sair")
    expect(sheet).to_contain_text("B2 e B3 continuam livres")
    expect(page.locator("#B1")).to_be_disabled()
    expect(page.locator("#B2")).to_be_checked()
    expect(page.locator("#B3")).to_be_checked()
    instead = sheet.get_by_role("button", name=re.compile("^Ficar com"))
    expect(instead).to_have_text("Ficar com B2, B3 e B4")
    instead.click()
    page.wait_for_url("**/types")
    assert [seat.name for seat in journey.order_at(page.url).seats] == ["B2", "B3", "B4"]


@pytest.mark.parametrize(
    ("answer", "seat", "scripts"),
    [("Ir para A3", "A3", True), ("Manter", "A2", True), ("Ir para A3", "A3", False)],
)
def test_a_single_seat_left_over_is_fixed_by_one_tap(
    new_page: NewPage, journey: Journey, answer: str, seat: str, scripts: bool
) -> None:
    screening = journey.make_screening("oooooo")
    page = new_page(java_script_enabled=scripts)
    journey.open_map(page, screening)
    page.locator("#A2").check(force=True)
    press_continue(page)
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("sozinho")
    expect(page.locator("#A2")).to_be_checked()
    sheet.get_by_role("button", name=answer).click()
    page.wait_for_url("**/types")
    assert [one.name for one in journey.order_at(page.url).seats] == [seat]


def test_a_change_of_seats_keeps_the_hold(new_page: NewPage, journey: Journey) -> None:
    """The deadline stays, the former seats become free, and seats of another customer are refused."""
    screening = journey.make_screening("oooooo", "oooooo", "oooooo")
    page, other = new_page(), new_page()
    order = journey.choose_seats(page, screening, "A1 A2")
    before = journey.order_at(order)
    journey.open_map(other, screening)
    expect(other.locator("#A1")).to_be_disabled()
    journey.order_by_another_visitor(screening, "C1 C2")
    page.goto(f"{order}/seats")
    expect(page.locator("#A1")).to_be_checked()
    expect(page.locator("#A1")).to_be_enabled()
    expect(page.locator("#C1")).to_be_disabled()
    page.locator("#A1").uncheck(force=True)
    page.locator("#A2").uncheck(force=True)
    page.locator("#B1").check(force=True)
    page.locator("#B2").check(force=True)
    press_continue(page)
    page.wait_for_url("**/types")
    after = journey.order_at(order)
    assert [seat.name for seat in after.seats] == ["B1", "B2"]
    assert (after.token, after.deadline) == (before.token, before.deadline)
    expect(other.locator("#A1")).to_be_enabled(timeout=TIMEOUT_MS)
    expect(other.locator("#B1")).to_be_disabled()


def offer_mail(journey: Journey, email: str) -> str:
    """The path in the mail; the worker needs a moment to send it."""
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while time.monotonic() < deadline:
        for mail in read_mails(journey.server.var / "mail"):
            if mail["To"] == email and "/requests/" in mail_link(mail):
                return mail_link(mail)
        time.sleep(0.1)
    raise AssertionError("no offer came")


def test_a_waiting_customer_gets_an_offer_and_a_ticket(new_page: NewPage, journey: Journey) -> None:
    """Sold out; join the waiting list; a seat becomes free; open the link of the mail on another device; buy."""
    screening = journey.make_screening("oo")
    another = journey.order_by_another_visitor(screening, "A1 A2")
    page = new_page()
    page.goto(f"{journey.server.url}/screenings/{screening.id}")
    page.get_by_role("button", name="Avise-me").click()
    page.wait_for_url("**/requests/*")
    page.get_by_label("E-mail").fill("fila@example.com")
    page.get_by_role("button", name="Entrar na fila").click()
    expect(page.locator(".in-line")).to_contain_text("1")
    expect(page.get_by_text("Até lá, quem chegar antes leva")).to_be_visible()
    with db.transaction():
        orders.abandon(another.token, owner_of(another))
    path = offer_mail(journey, "fila@example.com")
    # The waiting page shows the offer by itself, as a link and without a button that could be pressed by mistake.
    there = page.get_by_role("link", name="Ver seus lugares")
    expect(there).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.get_by_role("heading", name="A1 e A2: seus, se quiser.")).to_be_visible()
    expect(page.locator("#_waiting button")).to_have_count(0)
    there.click()
    expect(page.get_by_role("button", name=re.compile("^Ficar com"))).to_be_visible()
    expect(page.locator("[data-countdown]")).to_be_visible()

    phone = new_page()
    phone.goto(journey.server.url + path)
    phone.get_by_role("button", name=re.compile("^Ficar com A1 e A2")).click()
    phone.wait_for_url("**/types")
    order = phone.url.removesuffix("/types")
    journey.go_to_pix_code(phone)
    phone.locator("a[href^='/sandbox-bank/']").click()
    phone.locator("button[value=pay]").click()
    phone.wait_for_url(order, timeout=TIMEOUT_MS)
    expect(phone.locator("article.ticket")).to_have_count(2)
    expect(page.get_by_role("button", name=re.compile("^Ficar com"))).to_have_count(0, timeout=TIMEOUT_MS)
    expect(page.locator("[data-countdown]")).to_have_count(0)
