"""A member of staff at the counter, by keyboard alone: part of an order, undone, called, and the rest."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.core import db
from app.orders import pickups
from app.products import service as products
from app.tickets import service as tickets
from tests.door.door_fixtures import Staff, make_door_screening
from tests.journeys.door_steps import scan
from tests.journeys.in_process_browser import InProcessBrowser
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.shop.visitor import Visitor

SIZES = [
    pytest.param({"width": 360, "height": 740}, id="phone"),
    pytest.param({"width": 1280, "height": 800}, id="desk"),
]


class Counter:
    """The browser of a member of staff; `check` refuses a page that is too wide."""

    def __init__(self, app: Flask, new_page: Callable[..., Page], size: dict[str, int]) -> None:
        self.browser = InProcessBrowser(new_page, Staff(app), locale="en", viewport=size)
        self.page = self.browser.page

    def check(self, name: str) -> None:
        self.page.wait_for_load_state()  # the page is there before its styles
        width = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        needed, shown = self.page.evaluate(width)
        assert needed <= shown, name

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=re.compile(f"^{name}")).first.focus()
        self.page.keyboard.press("Enter")


@pytest.mark.parametrize("size", SIZES)
def test_part_of_an_order_then_undone_called_and_the_rest(
    app: Flask, new_page: Callable[..., Page], size: dict[str, int]
) -> None:
    screening = make_door_screening()
    popcorn = add_product(screening, name="Popcorn")
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1"), items={popcorn: 3})
    pickups.queue_coming_orders()
    with db.reading():
        (ticket,) = tickets.of_order(paid.id)
    counter = Counter(app, new_page, size)
    page = counter.page

    counter.browser.open("/staff/counter")
    expect(page.locator("#code")).to_be_focused()
    counter.check("empty")
    page.keyboard.type("ZZZZZZZZZZ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("No ticket of ours has this code.")
    counter.check("refused")
    page.keyboard.type(ticket.qr_text)  # a scanner that ends a code with no key
    expect(page.get_by_role("heading", level=1)).to_contain_text(paid.code)
    counter.check("order")

    counter.press("One less: Popcorn")
    counter.press("Hand out$")
    expect(page.locator(".counter-items")).to_contain_text("2 of 3 handed out")
    counter.check("part handed out")
    counter.press("Undo")
    expect(page.locator(".counter-items")).to_contain_text("0 of 3 handed out")
    counter.check("undone")
    page.get_by_label("Popcorn, to hand out now", exact=True).focus()
    with page.expect_request("**/staff/counter"):  # it looks for the order, and hands out nothing
        scan(page, ticket.qr_text)
    expect(page.locator("#code")).to_have_value("")
    expect(page.locator(".counter-items")).to_contain_text("0 of 3 handed out")

    counter.browser.open("/staff/counter/queue")
    counter.check("queue")
    counter.press("Call")
    expect(page.get_by_role("button", name="Stop calling C1")).to_be_visible()
    counter.check("called")
    page.get_by_role("button", name="Stop calling C1").focus()
    scan(page, ticket.qr_text)
    expect(page.get_by_role("heading", level=1)).to_contain_text(paid.code)
    counter.browser.open("/staff/counter/queue")
    expect(page.get_by_role("button", name="Stop calling C1")).to_be_visible()
    page.get_by_role("link", name="C1").focus()
    page.keyboard.press("Enter")
    counter.press("Hand out$")
    expect(page.locator("main")).to_contain_text("All of it has been handed out.")
    counter.check("all handed out")
    with db.reading():
        assert [item.left for item in products.pickup_items(paid.id)] == [0]


def test_the_screen_in_the_foyer_follows_the_counter(app: Flask, new_page: Callable[..., Page]) -> None:
    screening = make_door_screening()
    popcorn = add_product(screening, name="Popcorn")
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1"), items={popcorn: 1})
    pickups.queue_coming_orders()
    counter = Counter(app, new_page, {"width": 1920, "height": 1080})
    counter.browser.open("/staff/counter/screen")
    counter.check("no numbers")
    with db.transaction():
        products.call_pickup(paid.id, cinema_id=screening.cinema.id)
    expect(counter.page.locator(".foyer-newest")).to_contain_text("C1")
    counter.check("a number")


@pytest.mark.parametrize(("path", "part"), [("queue", "queue/orders"), ("screen", "screen/numbers")])
def test_a_page_without_an_answer_says_that_it_may_be_out_of_date(
    app: Flask, new_page: Callable[..., Page], path: str, part: str
) -> None:
    make_door_screening()
    counter = Counter(app, new_page, {"width": 1280, "height": 800})
    page, sign = counter.page, counter.page.locator("[data-stale-sign]")
    page.clock.install()
    counter.browser.open(f"/staff/counter/{path}")
    page.clock.run_for(9000)
    expect(sign).to_be_hidden()
    page.route(f"**/{part}", lambda route: route.abort())
    page.clock.run_for(9000)
    expect(sign).to_be_visible()
    counter.check("no answer")
    page.unroute(f"**/{part}")
    page.clock.run_for(4000)
    expect(sign).to_be_hidden()


def test_the_page_of_the_order_shows_by_itself_that_its_number_is_called(
    app: Flask, new_page: Callable[..., Page]
) -> None:
    screening = make_door_screening()
    paid = purchases.buy(
        screening, seat_ids(seat_plan_of(screening), "A1"), items={add_product(screening): 1}
    )
    browser = InProcessBrowser(new_page, Visitor(app, "en"))
    browser.page.clock.install()
    browser.open(f"/orders/{paid.token}")
    browser.page.get_by_role("button", name="I am here: prepare my snacks").click()
    state = browser.page.locator("#_pickup")
    expect(state).to_contain_text("The counter prepares your snacks.")
    with db.transaction():
        products.call_pickup(paid.id, cinema_id=screening.cinema.id)
    browser.page.clock.run_for(6000)
    expect(state).to_contain_text("Your snacks are ready: come to the counter.")
