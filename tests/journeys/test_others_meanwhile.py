"""Two people at one map: what the other takes is seen, what is lost is made good, what comes back is offered."""

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


def test_taken_seats_show_by_themselves(new_page: NewPage, journey: Journey) -> None:
    """Told by the stream (asking is cut off); what was chosen and is gone is said, and what comes back is free."""
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


def test_where_streams_fail_the_page_asks(new_page: NewPage, journey: Journey) -> None:
    screening = journey.make_screening("oooo")
    page = new_page()
    page.route("**/events", lambda route: route.abort())
    journey.open_map(page, screening)
    journey.order_by_another_visitor(screening, "A1 A2")
    expect(page.locator("#A1")).to_be_disabled(timeout=TIMEOUT_MS)
    expect(page.locator("#A2")).to_be_disabled()
    expect(page.locator("#A3")).to_be_enabled()


def test_where_streams_fail_the_page_asks_every_second_while_somebody_looks(
    new_page: NewPage, journey: Journey
) -> None:
    page = new_page()
    page.route("**/events", lambda route: route.abort())
    asked = asked_in(page)
    by_a_clock_of_ones_own(page, journey)
    asked.clear()
    turn_on(page, 10)
    assert len(asked) > 5


def test_where_the_server_has_no_stream_left_the_page_asks_it_less_often(
    new_page: NewPage, journey: Journey
) -> None:
    page = new_page()
    page.route("**/events", lambda route: route.fulfill(status=503))
    asked = asked_in(page)
    by_a_clock_of_ones_own(page, journey)
    turn_on(page, 5)
    asked.clear()
    turn_on(page, 30)
    assert 5 < len(asked) < 15


def test_where_answers_fail_the_page_asks_more_and_more_rarely(new_page: NewPage, journey: Journey) -> None:
    """After 1, 2, 4, 8 and then 15 seconds, or as late as it is told; and as before once there is an answer again."""
    page = new_page()
    said: dict[str, str] = {}
    page.route("**/events", lambda route: route.abort())
    page.route("**/seats.json", lambda route: route.fulfill(status=503, headers=said))
    asked = asked_in(page)
    by_a_clock_of_ones_own(page, journey)
    asked.clear()
    turn_on(page, 60)
    assert 2 < len(asked) < 12
    page.unroute("**/seats.json")
    turn_on(page, 20)
    asked.clear()
    turn_on(page, 10)
    assert len(asked) > 5
    said["Retry-After"] = "40"
    page.route("**/seats.json", lambda route: route.fulfill(status=503, headers=said))
    turn_on(page, 3)
    asked.clear()
    turn_on(page, 30)
    assert not asked


def asked_in(page: Page) -> list[str]:
    """Grows with each time that the page asks for the seats."""
    asked: list[str] = []
    page.on("response", lambda answer: asked.append(answer.url) if "seats.json" in answer.url else None)
    return asked


def by_a_clock_of_ones_own(page: Page, journey: Journey) -> None:
    """A map whose clock stands still, but for the seconds that the test turns it on."""
    page.clock.install(time=0)
    journey.open_map(page, journey.make_screening("oooo"))
    page.clock.pause_at(3_600_000)


def turn_on(page: Page, seconds: int) -> None:
    """In small steps, and after each until all is answered, however slow the machine is: the next question follows."""
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


def test_a_stream_that_breaks_off_leaves_no_gap(new_page: NewPage, journey: Journey) -> None:
    """The browser's own next try is far away; what happens until then is seen nevertheless."""
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


def test_lost_seats_are_named_and_the_nearest_offered(new_page: NewPage, journey: Journey) -> None:
    """The page could not know: neither stream nor answers reach it."""
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
def test_a_single_seat_left_over_is_one_tap(
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


def test_seats_are_changed_without_losing_the_hold(new_page: NewPage, journey: Journey) -> None:
    """The clock runs on, the other seats come free, and what another has meanwhile is not taken for it."""
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


def test_from_the_waiting_list_to_the_ticket(new_page: NewPage, journey: Journey) -> None:
    """Full house, in line, somebody gives up, a mail, its link on another device, a ticket."""
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
    # The page that waited tells of it by itself, with nothing under the finger that does more than go there.
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
