"""Journeys on a phone: the panning seat map, pages that were in the background, and the end of the time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.core import db
from app.orders import service as orders
from tests.actors import owner_of
from tests.journeys.journey_data import Journey
from tests.journeys.purchase_steps import TIMEOUT_MS, press_continue
from tests.reservations.auditoriums import time_until

NewPage = Callable[..., Page]
VISIBLE_SEATS = """() => {
  const hall = document.querySelector("[data-hall]").getBoundingClientRect();
  const seats = [...document.querySelectorAll(".map input:not(:disabled)")];
  const boxes = seats.map((seat) => [seat.id, seat.getBoundingClientRect()]);
  const inside = boxes.filter(([, box]) => box.left > hall.left + 30 && box.right < hall.right - 30);
  return inside.map(([id, box]) => [id, box.left + box.width / 2, box.top + box.height / 2]);
}"""


def layout_shift_of(page: Page) -> float:
    """The cumulative layout shift of the page since `watch_shifts`."""
    return float(page.evaluate("window.shifted"))


def watch_shifts(page: Page) -> None:
    page.evaluate(
        "window.shifted = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())"
        " window.shifted += one.value; }).observe({ type: 'layout-shift', buffered: false })"
    )


@pytest.mark.parametrize("width", [320, 360, 412])
def test_a_tap_chooses_the_seat_under_the_finger(new_page: NewPage, journey: Journey, width: int) -> None:
    """Tap each visible seat at its current position, from one end of the map to the other."""
    page = new_page(viewport={"width": width, "height": 740}, has_touch=True, is_mobile=True)
    journey.open_map(page, journey.make_screening(*["o" * 22] * 3))
    expect(page.locator(".overview")).to_be_visible()
    seats: list[tuple[str, float, float]] = page.evaluate(VISIBLE_SEATS)
    assert 12 < len(seats) < 60, "the map pans"
    for name, x, y in (seats[0], seats[-1], seats[len(seats) // 2], seats[3]):
        page.touchscreen.tap(x, y)
        expect(page.locator(f"#{name}")).to_be_checked()
    assert page.locator(".map input:checked").count() == 4


def test_the_focused_seat_is_scrolled_into_view(new_page: NewPage, journey: Journey) -> None:
    page = new_page(viewport={"width": 360, "height": 740})
    journey.open_map(page, journey.make_screening("o" * 22))
    page.locator(".map input[tabindex='0']").focus()
    for key in ("End", "Home"):
        page.keyboard.press(key)
        box: dict[str, float] = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
        assert 15 < box["left"] < box["right"] < 360 - 15, (
            "the seat is beside the letter of its row, not behind it"
        )


def test_seats_taken_by_others_cause_no_layout_shift(new_page: NewPage, journey: Journey) -> None:
    screening = journey.make_screening("oooooo", "oooooo")
    page = new_page()
    journey.open_map(page, screening)
    for name in ("A1", "A2", "A3"):
        page.locator(f"#{name}").check(force=True)
    watch_shifts(page)
    journey.order_by_another_visitor(screening, "A1 A2")
    notice = page.locator("[data-lost-notice]")
    expect(notice).to_have_text("A1 e A2 acabaram de sair. A3 continua livre.", timeout=TIMEOUT_MS)
    expect(notice).to_be_in_viewport()
    assert layout_shift_of(page) < 0.01


def go_to_types(page: Page, journey: Journey) -> str:
    return journey.choose_seats(page, journey.make_screening("oooooo"), "A1 A2")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_warning_before_the_deadline_and_the_page_after_it(
    new_page: NewPage, journey: Journey, width: int
) -> None:
    """The warning causes no layout shift; after the deadline the page has no buttons of the purchase."""
    page = new_page(viewport={"width": width, "height": 740})
    page.clock.install()
    go_to_types(page, journey)
    strip, ended = page.locator("[data-countdown-warning]"), page.locator("[data-countdown-ended]")
    expect(strip).to_be_hidden()
    watch_shifts(page)
    page.clock.fast_forward("08:30")
    expect(strip).to_be_in_viewport()
    expect(strip).to_contain_text("Menos de 2 minutos")
    assert layout_shift_of(page) < 0.01
    page.clock.fast_forward("02:00")
    expect(strip).to_be_hidden()
    expect(ended).to_be_in_viewport()
    expect(page.locator("[data-countdown]")).to_be_hidden()
    for button in page.locator("[data-bar-action]").all():
        expect(button).to_be_disabled()
    ended.get_by_role("link", name="Ver os lugares livres").click()
    expect(page.locator("form[data-seats]")).to_be_visible()


def test_an_extension_and_a_missing_answer_are_announced(new_page: NewPage, journey: Journey) -> None:
    """Without a network the typed values stay; with it the warning disappears."""
    page = new_page()
    page.clock.install()
    go_to_types(page, journey)
    journey.go_to_checkout(page)
    page.clock.fast_forward("08:30")
    more = page.get_by_role("button", name="Mais 5 minutos")
    page.context.set_offline(True)
    more.click()
    page.clock.run_for(1000)
    expect(page.locator("#voice")).to_have_text("Sem resposta. Tente de novo daqui a pouco.")
    expect(page.locator("input[name=name]")).to_have_value("Ana Luísa Prado")
    page.context.set_offline(False)
    expect(page.locator("[data-countdown-warning]")).to_contain_text("Sem resposta")
    more.click()
    expect(more).to_be_hidden()
    page.clock.run_for(1000)
    expect(page.locator("#voice")).to_contain_text("seus lugares esperam mais")
    expect(page.locator("main")).to_be_focused()
    expect(page.locator("[data-countdown]")).to_contain_text("+5 minutos")
    expect(page.locator("input[name=name]")).to_have_value("Ana Luísa Prado")


def test_the_clock_stays_visible_and_covers_no_field(new_page: NewPage, journey: Journey) -> None:
    page = new_page(viewport={"width": 360, "height": 500})
    go_to_types(page, journey)
    journey.go_to_checkout(page)
    page.keyboard.press("End")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("[data-countdown-value]")).to_be_in_viewport()
    page.locator("input[name=name]").focus()
    field, header = page.locator("input[name=name]").bounding_box(), page.locator(".where").bounding_box()
    assert field
    assert header
    assert field["y"] >= header["y"] + header["height"]


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_the_header_of_a_step_has_two_lines(new_page: NewPage, journey: Journey, locale: str) -> None:
    page = new_page(viewport={"width": 360, "height": 740}, locale=locale)
    # In the evening: the date of a screening after midnight needs a line more.
    screening = journey.make_screening("oooooo", starts_in=time_until(19))
    journey.choose_seats(page, screening, "A1 A2")
    header = page.locator(".where").bounding_box()
    assert header
    assert header["height"] <= 72


def test_a_seat_becomes_free_in_a_sold_out_screening(new_page: NewPage, journey: Journey) -> None:
    """The bar leads to the waiting list, and to the purchase again when a seat is free."""
    screening = journey.make_screening("oo")
    taken = journey.order_by_another_visitor(screening, "A1 A2")
    page = new_page(viewport={"width": 360, "height": 740})
    page.goto(f"{journey.server.url}/screenings/{screening.id}")
    bar = page.locator(".bar")
    expect(bar).to_contain_text("Lotada agora")
    expect(bar.get_by_role("button")).to_have_text(["Avise-me"])
    expect(page.locator("#A1")).to_be_hidden()
    with db.transaction():
        orders.abandon(taken.token, owner_of(taken))
    expect(bar.get_by_role("button")).to_have_text(["Continuar"], timeout=TIMEOUT_MS)
    expect(bar).to_contain_text("a partir de")
    page.locator("#A1").check(force=True)
    page.locator("#A2").check(force=True)
    press_continue(page)
    page.wait_for_url("**/types")


def test_a_sold_out_screening_leads_to_its_waiting_list(new_page: NewPage, journey: Journey) -> None:
    screening = journey.make_screening("oo")
    journey.order_by_another_visitor(screening, "A1 A2")
    page = new_page(viewport={"width": 360, "height": 740})
    page.goto(f"{journey.server.url}/screenings/{screening.id}")
    page.get_by_text("Ver o mapa").click()
    expect(page.locator("#A1")).to_be_visible()
    page.get_by_role("button", name="Avise-me").click()
    page.wait_for_url("**/requests/**")


def test_a_page_from_the_cache_reads_the_deadline_again(new_page: NewPage, journey: Journey) -> None:
    """A page from the back-forward cache keeps typed values and sets its clock by the server."""
    page = new_page()
    go_to_types(page, journey)
    journey.go_to_checkout(page)
    clock: dict[str, Any] = json.loads(page.request.get(page.url.replace("checkout", "clock")).text())
    page.route("**/clock", lambda route: route.fulfill(json=clock | {"deadline": clock["now"] + 300}))
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("[data-countdown-value]")).to_have_text(re.compile("^(5:00|4:5.)$"))
    expect(page.locator("input[name=name]")).to_have_value("Ana Luísa Prado")


def test_a_page_from_the_cache_after_the_deadline_links_to_its_order(
    new_page: NewPage, journey: Journey
) -> None:
    page = new_page()
    order = go_to_types(page, journey)
    other = page.context.new_page()
    other.goto(f"{order}/types")
    journey.go_to_checkout(other)
    press_continue(other)
    other.wait_for_url("**/payment")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    page.wait_for_url("**/payment")


def test_a_page_of_another_session_shows_the_answered_page(new_page: NewPage, journey: Journey) -> None:
    """After a sign-in in another tab the answer is a page instead of a clock, and that page is shown."""
    page = new_page()
    page.clock.install()
    go_to_types(page, journey)
    page.clock.fast_forward("08:30")
    page.context.clear_cookies()
    page.get_by_role("button", name="Mais 5 minutos").click()
    expect(page.locator("h1")).not_to_have_text("Metrópolis")
