"""A kiosk whose network loses everything for a while: what was asked before gets no answer, and no error either."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import Page, Route, expect

from app.events.service import Screening
from tests.journeys.purchase_steps import step_button
from tests.journeys.test_kiosk import NewPage, kiosk_browser, newest_order, taken
from tests.kiosk.kiosk_visitor import paired_kiosk
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening

# In the page: requests of its scripts end after a second without an answer.
SHORT_LIMIT = """AbortSignal.timeout = () => {
  const limit = new AbortController();
  setTimeout(() => limit.abort(), 1000);
  return limit.signal;
}"""


class Outage:
    """Requests stay without an answer for ever; after `cut` the server's sign of life fails, too."""

    def __init__(self, page: Page, addresses: str) -> None:
        self.page = page
        self.addresses = addresses
        self.notice = page.locator("dialog[data-offline]")
        self.unanswered: list[str] = []

    def begin(self) -> None:
        self.page.route(self.addresses, self._hold)

    def cut(self) -> None:
        self.page.route("**/healthz", _cut)
        expect(self.notice).to_be_visible()

    def end(self) -> None:
        """The network is back; the requests from before stay without an answer."""
        self.page.unroute(self.addresses, self._hold)
        self.page.unroute("**/healthz", _cut)
        expect(self.notice).to_be_hidden()

    def wait_for_request(self) -> None:
        while not self.unanswered:
            self.page.wait_for_timeout(50)

    def _hold(self, route: Route) -> None:
        self.unanswered.append(route.request.url)


def _cut(route: Route) -> None:
    route.abort("internetdisconnected")


def test_a_payment_is_seen_soon_after_the_outage(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    kiosk = paired_kiosk(app, screening.cinema.id, "pt-BR")
    browser = kiosk_browser(new_page, kiosk)
    page = browser.page
    browser.open("/kiosk")
    page.locator(".board button").first.tap()
    page.get_by_role("button", name="Os 2 melhores juntos").tap()
    for step in ("concessions", "checkout", "payment"):
        step_button(page).tap()
        page.wait_for_url(f"**/{step}")
    purchases.run_due_work()
    expect(page.locator("[data-stage=code] .qr")).to_be_visible()

    outage = Outage(page, "**/payment/status*")
    outage.begin()
    outage.wait_for_request()
    order = purchases.pay(newest_order(kiosk))
    outage.cut()
    outage.end()
    expect(page.locator(".kiosk-order")).to_contain_text(order.code)


def page_of_types(app: Flask, new_page: NewPage, screening: Screening) -> Page:
    """A kiosk where two seats were taken and their types are asked."""
    browser = kiosk_browser(new_page, paired_kiosk(app, screening.cinema.id, "pt-BR"))
    page = browser.page
    browser.open("/kiosk")
    page.locator(".board button").first.tap()
    page.get_by_role("button", name="Os 2 melhores juntos").tap()
    expect(page.locator("#types-form")).to_be_visible()
    return page


def test_a_step_that_got_no_answer_can_be_taken_again(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    page = page_of_types(app, new_page, screening)

    outage = Outage(page, "**/types")
    outage.begin()
    step_button(page).tap()
    outage.wait_for_request()
    outage.cut()
    outage.end()
    expect(page.locator("[data-no-answer]:visible")).to_have_count(1)
    step_button(page).tap()
    page.wait_for_url("**/concessions")


def test_a_visit_that_ends_in_an_outage_gives_the_screen_back(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    page = page_of_types(app, new_page, screening)

    page.evaluate(f"() => {{ {SHORT_LIMIT} }}")
    outage = Outage(page, "**/kiosk/leave")
    outage.begin()
    outage.cut()
    page.evaluate("document.querySelector('dialog[data-idle]').showModal()")  # a minute has passed
    page.evaluate("document.querySelector('[data-idle-end]').click()")
    outage.wait_for_request()
    while page.evaluate("document.elementFromPoint(540, 960).closest('[data-offline]') === null"):
        page.wait_for_timeout(50)  # the notice comes above it
    outage.end()
    expect(page.get_by_role("button", name="Toque para comprar")).to_be_visible()
    assert taken(screening) == 0
