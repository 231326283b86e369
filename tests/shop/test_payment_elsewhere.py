"""The return from the bank in another browser, such as that of an app, or in one without its cookies."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from flask import Flask
from playwright.sync_api import Page, expect

from app.events.service import Screening
from tests.journeys.in_process_browser import InProcessBrowser
from tests.orders import purchases
from tests.shop.visitor import Visitor, order_at


def start_payment_of(ana: Visitor, screening: Screening, seats: str = "A4 A5") -> str:
    path = ana.start(screening, seats)
    ana.choose_full(path)
    assert ana.check_out(path).status_code == 303
    purchases.run_due_work()
    return path


def test_the_page_of_an_unpaid_order_shows_only_where_to_continue(
    app: Flask, ana: Visitor, screening: Screening
) -> None:
    path = start_payment_of(ana, screening)
    page = Visitor(app).get(f"{path}/payment")
    assert page.status_code == 200
    assert "your tickets come by e-mail" in page.text
    order = order_at(path)
    for secret in ("Ana", "ana@example.org", order.code, "A4", "Metrópolis", "76.00", "pix-code"):
        # Search for a whole word: a token can contain A4 by chance.
        assert not re.search(rf"\b{re.escape(secret)}\b", page.text), secret
    assert Visitor(app).post(f"{path}/payment", {"method": "card"}).status_code == 404
    asks = re.search(r'hx-get="([^"]+)"', page.text)
    assert asks
    status = html.unescape(asks[1])
    for address in (status, re.sub("seen=.*", "seen=another", status)):
        answer = Visitor(app).get(address)
        assert (answer.status_code, answer.text, "HX-Redirect" in answer.headers) == (204, "", False)


def test_a_paid_or_ended_order_shows_its_page(app: Flask, ana: Visitor, screening: Screening) -> None:
    path = start_payment_of(ana, screening)
    purchases.pay(order_at(path))
    eva = Visitor(app)
    assert eva.get(f"{path}/payment").location == path
    assert eva.get(path).status_code == 200
    late = start_payment_of(ana, screening, "A7 A8")
    purchases.age_order(order_at(late), 60)
    assert eva.get(f"{late}/payment").location == late
    assert eva.get(f"{late}/payment/status").headers["HX-Redirect"] == late


def test_the_polled_page_shows_the_tickets_after_the_payment(
    new_page: Callable[..., Page], app: Flask, ana: Visitor, screening: Screening
) -> None:
    path = start_payment_of(ana, screening)
    browser = InProcessBrowser(new_page, Visitor(app, "pt-BR"))
    assert browser.open(f"{path}/payment") == 200
    expect(browser.page.get_by_role("heading", name="Já pagou?")).to_be_visible()
    purchases.pay(order_at(path))
    browser.page.wait_for_url(f"**{path}")
    expect(browser.page.locator("article.ticket")).to_have_count(2)
