"""The kiosk in a browser: paired, a purchase by touch in few touches, and a visit that ends by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, Route, expect

from app.core import db
from app.core.actor import Actor
from app.events.service import Screening
from app.orders import service as orders
from app.reservations import service as reservations
from app.users import service as users
from tests.journeys.in_process_browser import InProcessBrowser
from tests.journeys.purchase_steps import step_button
from tests.kiosk.kiosk_visitor import Kiosk, paired_kiosk
from tests.orders import purchases
from tests.orders.concessions import add_combo, add_product
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import Visitor

PORTRAIT, LANDSCAPE = {"width": 1080, "height": 1920}, {"width": 1366, "height": 768}
MOST_TOUCHES = 10
LEAST_TARGET = 64  # px
NewPage = Callable[..., Page]


class Touches:
    """Touches a page and counts the touches."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def touch(self, target: Locator) -> None:
        self.count += 1
        target.tap()

    def check(self) -> None:
        """Nothing is cut off at the side, and all targets are large enough for a finger."""
        self.page.wait_for_load_state()  # the page is there before its styles
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        small = self.page.evaluate(
            """least => [...document.querySelectorAll("a[href], button")]
                .map(one => [one.innerText, one.getBoundingClientRect()])
                .filter(([, box]) => box.width > 1 && box.height > 0 && box.height < least - 0.5)
                .map(([text, box]) => `${text} ${box.height}`)""",
            LEAST_TARGET,
        )
        assert small == []

    def next_step(self) -> None:
        self.touch(step_button(self.page))


def kiosk_browser(new_page: NewPage, kiosk: Kiosk, viewport: dict[str, int] = PORTRAIT) -> InProcessBrowser:
    """The browser of a kiosk. A slow machine is no outage: its questions whether the server is there may take long."""
    browser = InProcessBrowser(new_page, kiosk, viewport=viewport, has_touch=True)
    browser.page.add_init_script("AbortSignal.timeout = () => new AbortController().signal")
    return browser


def taken(screening: Screening) -> int:
    with db.reading():
        return len(reservations.seat_states(screening.id))


@pytest.mark.parametrize("viewport", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
def test_pairing_and_a_purchase_by_touch(app: Flask, new_page: NewPage, viewport: dict[str, int]) -> None:
    screening = make_screening("oooooooooo", "oooooooooo")
    add_product(screening)
    combo = add_combo(screening)
    kiosk = Kiosk(app, "pt-BR")
    browser = kiosk_browser(new_page, kiosk, viewport)
    page, steps = browser.page, Touches(browser.page)
    browser.open("/kiosk")
    code = page.locator(".pairing-code").inner_text()
    with db.transaction():
        users.confirm_pairing(code, screening.cinema.id, "Totem 1", Actor(user_id=1))

    expect(page.get_by_role("button", name="Toque para comprar")).to_be_visible()
    steps.check()
    steps.touch(page.locator(".board button").first)
    expect(page.locator("form[data-seats]")).to_be_visible()
    steps.check()
    steps.touch(page.get_by_role("button", name="Os 2 melhores juntos"))
    expect(page.locator("#types-form")).to_be_visible()
    steps.check()
    steps.next_step()
    steps.touch(page.locator(".combo").get_by_role("button", name="Adicionar"))
    steps.check()
    steps.next_step()
    expect(page.locator("#checkout-form")).to_be_visible()
    steps.check()
    steps.next_step()
    expect(page.locator("[data-payment-wait]")).to_be_visible()
    purchases.run_due_work()
    expect(page.locator("[data-stage=code] .qr")).to_be_visible()
    steps.check()
    assert steps.count < MOST_TOUCHES, "the last touch ends the visit"

    order = purchases.pay(newest_order(kiosk))
    assert [len(order.seats), [item.product_id for item in order.items]] == [2, [combo]]
    expect(page.locator(".kiosk-order")).to_contain_text(order.code)
    steps.check()
    assert open_on_phone(app, order) == f"/orders/{order.token}"
    steps.touch(page.get_by_role("button", name="Pronto"))
    expect(page.get_by_role("button", name="Toque para comprar")).to_be_visible()
    assert order.code not in page.content()


def newest_order(kiosk: Kiosk) -> orders.OrderView:
    with kiosk.client.session_transaction() as session:
        visitor = session["visitor"]
    with db.reading():
        return orders.open_orders_of(visitor)[0]


def open_on_phone(app: Flask, order: orders.OrderView) -> str:
    """Where the link of the kiosk's QR leads another browser."""
    with db.reading():
        key = orders.phone_link(order)
    return str(Visitor(app).post(f"/kiosk/phone/{key}").location)


def test_without_the_server_the_page_says_so_and_comes_back(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    browser = kiosk_browser(new_page, paired_kiosk(app, screening.cinema.id, "pt-BR"))
    page = browser.page
    browser.open("/kiosk")
    page.locator(".board button").first.tap()
    expect(page.locator("form[data-seats]")).to_be_visible()
    page.route("**/healthz", lambda route: route.abort())
    notice = page.locator("dialog[data-offline]")
    expect(notice).to_contain_text("Sem conexão.")
    expect(notice).to_contain_text("No connection.")
    page.unroute("**/healthz")
    expect(notice).to_be_hidden()
    expect(page.locator("form[data-seats]")).to_be_visible()


def test_a_new_machine_waits_for_the_server(app: Flask, new_page: NewPage) -> None:
    browser = kiosk_browser(new_page, Kiosk(app, "pt-BR"))
    page = browser.page

    def cut(route: Route) -> None:
        route.abort("internetdisconnected")

    page.route("**/healthz", cut)
    with page.expect_event("requestfailed"):
        browser.open("/kiosk")
    expect(page.get_by_role("heading", name="Parear esta tela")).to_be_visible()
    expect(page.locator(".pairing-code")).to_have_count(0)
    page.unroute("**/healthz", cut)
    expect(page.locator(".pairing-code")).to_be_visible()  # by itself


def test_touches_without_the_server_lead_to_no_error_page(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    browser = kiosk_browser(new_page, paired_kiosk(app, screening.cinema.id, "pt-BR"))
    page = browser.page
    browser.open("/kiosk")
    page.locator(".board button").first.tap()
    page.get_by_role("button", name="Os 2 melhores juntos").tap()
    half = page.locator("#types-form input[value=half]").first
    half.check(force=True)  # its label covers it
    notice = page.locator("dialog[data-offline]")
    next_step = step_button(page)  # htmx sends its form
    other_language = page.get_by_role("button", name="English")

    def cut(route: Route) -> None:
        route.abort("internetdisconnected")

    for target in (page.locator("a.back"), next_step, other_language):
        page.route("**/*", cut)
        target.evaluate("target => target.click()")  # also where the notice came first
        expect(notice).to_be_visible()
        page.unroute("**/*", cut)
        expect(notice).to_be_hidden()
        expect(half).to_be_checked()
    page.locator("a.back").tap()
    expect(page.locator("form[data-seats]")).to_be_visible()


def test_a_visit_that_nobody_goes_on_with_ends_by_itself(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    kiosk = paired_kiosk(app, screening.cinema.id, "pt-BR")
    browser = kiosk_browser(new_page, kiosk)
    page = browser.page
    page.clock.install()
    browser.open("/kiosk")
    page.get_by_role("button", name="Contraste").tap()
    page.locator(".board button").first.tap()
    page.get_by_role("button", name="English").tap()
    page.get_by_role("button", name="Português").tap()
    page.get_by_role("button", name="Os 2 melhores juntos").tap()
    expect(page.locator("#types-form")).to_be_visible()
    assert taken(screening) == 2
    seats = page.url
    page.evaluate("sessionStorage.setItem('typed', 'Ana')")

    question = page.get_by_role("dialog", name="Ainda está aí?")
    page.clock.fast_forward("00:55")
    expect(question).to_be_hidden()
    page.clock.fast_forward("00:08")
    expect(question).to_be_visible()
    page.clock.fast_forward("00:10")
    page.get_by_role("button", name="Continuar comprando").tap()
    expect(question).to_be_hidden()
    page.clock.fast_forward("00:55")
    expect(question).to_be_hidden()

    page.clock.fast_forward("00:08")
    expect(question).to_be_visible()
    page.clock.fast_forward("00:20")
    expect(page.get_by_role("button", name="Toque para comprar")).to_be_visible()
    assert taken(screening) == 0
    assert_nothing_is_left(page, kiosk)
    for _ in range(5):
        page.go_back()
        expect(page.locator("#types-form")).to_have_count(0)
    browser.open(seats.removeprefix("http://localhost"))
    expect(page.locator("#types-form")).to_have_count(0)


def assert_nothing_is_left(page: Page, kiosk: Kiosk) -> None:
    """Of the visit before: no storage, no mode, no language, no cookie but the device's and an empty session."""
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    assert page.evaluate("document.documentElement.lang") == "pt-BR"
    assert page.locator("html[data-contrast]").count() == 0
    assert page.locator("input:not([type=hidden])").count() == 0
    assert page.evaluate("document.cookie") == ""
    assert kiosk.cookie("device")
    assert kiosk.cookie("language") is None
    with kiosk.client.session_transaction() as session:
        assert set(session) <= {"csrf_token"}


def test_choices_on_the_first_page_end_by_themselves(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    kiosk = paired_kiosk(app, screening.cinema.id, "pt-BR")
    browser = kiosk_browser(new_page, kiosk)
    page = browser.page
    page.clock.install()
    browser.open("/kiosk")
    page.get_by_role("button", name="Contraste").tap()
    page.get_by_role("button", name="English").tap()
    expect(page.locator("html[lang=en][data-contrast]")).to_have_count(1)
    page.wait_for_load_state()  # its script counts the time
    page.clock.fast_forward("01:05")
    expect(page.get_by_role("dialog", name="Are you still there?")).to_be_visible()
    page.clock.fast_forward("00:20")
    expect(page.locator("html[lang=pt-BR]")).to_have_count(1)
    assert_nothing_is_left(page, kiosk)


def test_a_page_that_the_browser_kept_is_asked_for_again(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    kiosk = paired_kiosk(app, screening.cinema.id, "pt-BR")
    browser = kiosk_browser(new_page, kiosk)
    page = browser.page
    browser.open("/kiosk")
    page.locator(".board button").first.tap()
    page.get_by_role("button", name="Os 2 melhores juntos").tap()
    expect(page.locator("#types-form")).to_be_visible()
    kiosk.leave(idle="1")  # as if the visit had ended meanwhile
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("#types-form")).to_have_count(0)
