"""A purchase with htmx, which swaps pages in one document: few requests, and the behaviour of a navigation."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.journeys.axe_checks import violations
from tests.journeys.journey_data import Journey, add_product
from tests.journeys.purchase_steps import TIMEOUT_MS, go_on_to_checkout, press_continue, step_button
from tests.orders import purchases

NewPage = Callable[..., Page]
STEPS = ("types", "concessions", "checkout", "payment")
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


class RequestCounter:
    """Collects the requests for pages and their parts, including redirects, without files and streams."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        page.on("request", self._count)

    def _count(self, request: Request) -> None:
        path = urlsplit(request.url).path
        if not path.startswith("/static/") and not path.endswith(("/events", "/seats.json")):
            self.requests.append(f"{request.method} {re.sub('/orders/[^/]+', '/orders/…', path)}")


def buyer(page: Page) -> None:
    page.locator("input[name=name]").fill("Ana Luísa Prado")
    page.locator("input[name=email]").fill("ana@example.com")


def steps_to_payment(page: Page) -> None:
    go_on_to_checkout(page)
    buyer(page)
    press_continue(page)
    page.wait_for_url("**/payment")


def pay(journey: Journey, page: Page) -> None:
    """Pay at the bank in another tab; the payment page stays open."""
    bank = page.context.new_page()
    bank.goto(f"{journey.server.url}/sandbox-bank/{purchases.charge_id(journey.order_at(page.url))}")
    bank.locator("button[value=pay]").click()
    bank.wait_for_url("**/orders/**")
    bank.close()


def test_a_purchase_takes_few_requests(new_page: NewPage, journey: Journey) -> None:
    """One request for the map and one for each step; each poll of the payment page is one more."""
    screening = journey.make_screening("oooooo")
    page = new_page()
    counted = RequestCounter(page)
    order = journey.choose_seats(page, screening, "A1 A2")
    steps_to_payment(page)
    expect(page.locator("#pix-code")).to_be_visible(timeout=TIMEOUT_MS)
    pay(journey, page)
    page.wait_for_url(order, timeout=TIMEOUT_MS)
    expect(page.locator("article.ticket")).to_have_count(2)
    waited = [one for one in counted.requests if one.endswith("/payment/status")]
    assert [one for one in counted.requests if one not in waited] == [
        f"GET /screenings/{screening.id}",
        f"POST /screenings/{screening.id}/orders",
        "POST /orders/…/types",
        "POST /orders/…/concessions",
        "POST /orders/…/checkout",
    ]
    assert counted.requests[-1].endswith("/payment/status"), (
        "the answer of the last poll contains the tickets"
    )


def test_without_scripts_a_purchase_uses_forms_and_redirects(new_page: NewPage, journey: Journey) -> None:
    screening = journey.make_screening("oooooo")
    page = new_page(java_script_enabled=False)
    counted = RequestCounter(page)
    order = journey.choose_seats(page, screening, "A1 A2")
    steps_to_payment(page)
    expect(page.locator("#pix-code")).to_be_visible(timeout=TIMEOUT_MS)
    pay(journey, page)
    page.wait_for_url(order, timeout=TIMEOUT_MS)
    expect(page.locator("article.ticket")).to_have_count(2)
    reloaded = "GET /orders/…/payment"
    assert len([one for one in counted.requests if one != reloaded]) == 9, counted.requests


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desk"])
def test_each_step_begins_like_a_page(new_page: NewPage, journey: Journey, viewport: dict[str, int]) -> None:
    """Each step starts at the top with its title and the focus on its h1, and axe finds nothing in it."""
    screening = journey.make_screening(*["oooooooo"] * 12)
    add_product(screening, name=f"Pipoca {viewport['width']}")
    page = new_page(viewport=viewport)
    journey.open_map(page, screening)
    page.evaluate("document.isTheSame = true")
    for name in ("A1", "L1"):
        page.locator(f"#{name}").check(force=True)
    titles = {page.title()}
    for step in STEPS:
        if step == "payment":
            buyer(page)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        step_button(page).press("Enter")
        page.wait_for_url(f"**/{step}")
        expect(page.locator("main :is(h1, h2):focus")).to_have_count(1)
        assert page.evaluate("scrollY") == 0
        assert page.evaluate("document.isTheSame"), "htmx swapped the page"
        page.wait_for_function("before => !before.includes(document.title)", arg=list(titles))
        titles.add(page.title())
        assert violations(page) == []
    expect(page.locator("#pix-code")).to_be_visible(timeout=TIMEOUT_MS)
    pay(journey, page)
    page.wait_for_url(re.compile(r"/orders/[^/]+$"), timeout=TIMEOUT_MS)
    expect(page.locator("main h1:focus")).to_have_text(re.compile("Boa sessão"))
    assert violations(page) == []


def test_back_restores_typed_values_and_the_clock(new_page: NewPage, journey: Journey) -> None:
    screening = journey.make_screening("oooooo")
    add_product(screening, name="Pipoca de volta")
    page = new_page()
    order = journey.choose_seats(page, screening, "A1 A2")
    press_continue(page)
    page.wait_for_url("**/concessions")
    page.locator("button[name=add]").first.click()
    press_continue(page)
    page.wait_for_url("**/checkout")
    page.locator("input[name=cpf]").fill("529.982.247-25")
    page.go_back()
    page.wait_for_url("**/concessions")
    expect(page.locator("[data-step='1']").first).to_be_visible()
    page.go_back()
    page.wait_for_url("**/types")
    page.locator(".who").first.locator("input[value=half]").check()
    expect(page.locator("[data-bar-text]:visible").first).to_have_text("1 inteira + 1 meia")
    with_more_time = page.context.new_page()
    with_more_time.request.post(f"{order}/extensions")
    page.go_forward()
    page.wait_for_url("**/concessions")
    page.go_forward()
    page.wait_for_url("**/checkout")
    expect(page.locator("input[name=cpf]")).to_have_value("529.982.247-25")
    page.reload()
    page.wait_for_url("**/checkout")
    expect(page.get_by_role("heading", name="Quem está comprando?")).to_be_visible()
    page.go_back()
    page.wait_for_url("**/concessions")
    expect(page.locator("[data-step='1']").first).to_be_visible()


def test_back_to_an_order_that_was_continued_in_another_tab(new_page: NewPage, journey: Journey) -> None:
    """The restored page reads the clock, finds that it is out of date, and is loaded again."""
    screening = journey.make_screening("oooooo")
    page = new_page()
    order = journey.choose_seats(page, screening, "A1 A2")
    press_continue(page)
    page.wait_for_url("**/concessions")
    tab = page.context.new_page()
    tab.goto(f"{order}/types")
    journey.go_to_pix_code(tab)
    page.go_back()
    page.wait_for_url("**/payment")
    pay(journey, page)
    page.wait_for_url(order, timeout=TIMEOUT_MS)
    page.go_back()
    page.wait_for_url(order)
    expect(page.locator("article.ticket")).to_have_count(2)


def test_the_stream_of_a_map_ends_when_the_page_is_left(new_page: NewPage, journey: Journey) -> None:
    """The stream starts again when the map is restored."""
    screening = journey.make_screening("oooooo")
    page = new_page()
    page.add_init_script(
        "window.streams = [];"
        "const Real = EventSource;"
        "window.EventSource = class extends Real { constructor(at) { super(at); streams.push(this); } };"
    )
    journey.choose_seats(page, screening, "A1 A2")
    open_streams = "() => streams.filter((one) => one.readyState !== EventSource.CLOSED).length"
    page.wait_for_function(f"({open_streams})() === 0")
    page.go_back()
    page.wait_for_url("**/screenings/*")
    page.wait_for_function(f"({open_streams})() === 1")
    journey.order_by_another_visitor(screening, "A5 A6")
    expect(page.locator("#A5")).to_be_disabled(timeout=TIMEOUT_MS)


def test_an_error_gets_the_focus_and_keeps_the_address(new_page: NewPage, journey: Journey) -> None:
    screening = journey.make_screening("oooooo")
    page = new_page()
    journey.choose_seats(page, screening, "A1 A2")
    before = page.evaluate("history.length")
    page.locator(".who").first.locator("input[value=half]").check()
    press_continue(page)
    expect(page.locator("fieldset.who:focus")).to_contain_text("Diga por que este lugar paga meia")
    assert page.url.endswith("/types")
    assert page.evaluate("history.length") == before
    page.locator(".who").first.locator("input[value=full]").check()
    go_on_to_checkout(page)
    page.locator("input[name=name]").fill("Ana")
    press_continue(page)
    expect(page.locator("input[name=email]")).to_be_focused()
    expect(page.locator("input[name=name]")).to_have_value("Ana")
    page.locator("input[name=email]").fill("ana@example.com")
    press_continue(page)
    page.wait_for_url("**/payment")


@pytest.mark.parametrize("broken", ["no network", "no page", "broke"])
def test_typed_values_stay_without_an_answer(new_page: NewPage, journey: Journey, broken: str) -> None:
    screening = journey.make_screening("oooooo")
    page = new_page()
    order = journey.choose_seats(page, screening, "A1 A2")
    go_on_to_checkout(page)
    buyer(page)

    def answer(route: Route) -> None:
        if broken == "no network":
            route.abort()
        else:
            route.fulfill(status=200 if broken == "no page" else 502, body="<h1>Bad Gateway</h1>")

    page.route("**/checkout", answer)
    press_continue(page)
    expect(page.locator("[data-no-answer]")).to_be_visible()
    expect(page.locator("input[name=name]")).to_have_value("Ana Luísa Prado")
    page.unroute("**/checkout")
    press_continue(page)
    page.wait_for_url("**/payment")
    assert journey.order_at(order).state == "awaiting_payment"


def test_a_second_click_on_a_slow_network_is_ignored(new_page: NewPage, journey: Journey) -> None:
    screening = journey.make_screening("oooooo")
    page = new_page()
    counted = RequestCounter(page)
    order = journey.choose_seats(page, screening, "A1 A2")
    waiting: list[Route] = []
    page.route("**/types", lambda route: waiting.append(route))
    press_continue(page)
    press_continue(page)
    page.wait_for_function("document.querySelector('form.htmx-request')")
    waiting[0].continue_()
    page.wait_for_url("**/concessions")
    assert counted.requests.count("POST /orders/…/types") == 1
    assert journey.order_at(order).types_chosen


def test_the_language_can_be_switched_on_every_step(new_page: NewPage, journey: Journey) -> None:
    """The language of the document changes too, and the chosen values stay."""
    screening = journey.make_screening("oooooo")
    page = new_page()
    journey.choose_seats(page, screening, "A1 A2")
    page.locator(".who").first.locator("input[value=half]").check()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".who").first.locator("input[value=half]")).to_be_checked()
    page.locator(".who").first.locator("input[value=full]").check()
    press_continue(page)
    page.wait_for_url("**/concessions")
    expect(page.locator("html")).to_have_attribute("lang", "en")
