"""Journey of a buyer whose screening has changed: the pages show the change, and the order is cancelled."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.orders.service import OrderView
from app.web import links
from tests.journeys.axe_checks import violations
from tests.journeys.in_process_browser import InProcessBrowser
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.test_changed_screening import change
from tests.shop.visitor import Visitor
from tests.users.notice_mails import send_all_mails


@pytest.fixture
def paid(app: Flask) -> OrderView:
    screening = make_screening("oooooo")
    order = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1 A2"))
    change(screening, version="dubbed", format="3D")
    send_all_mails()
    return order


@pytest.mark.parametrize("width", [360, 1280])
def test_a_buyer_reads_the_change_and_cancels(
    app: Flask, new_page: Callable[..., Page], paid: OrderView, width: int
) -> None:
    browser = InProcessBrowser(
        new_page, Visitor(app, "pt-BR"), locale="pt-BR", viewport={"width": width, "height": 800}
    )
    page = browser.page
    assert browser.open(links.order(paid.token)) == 200
    notice = page.locator("#_changed")
    expect(notice).to_be_in_viewport(ratio=1)
    expect(notice).to_contain_text("Esta sessão mudou. Era: legendado. Agora é: dublado 3D.")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    give_back = notice.get_by_role("link", name="Devolver o pedido")
    give_back.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cancellation")
    expect(page.get_by_role("heading", level=1)).to_have_text("Devolver este pedido?")
    page.get_by_role("button", name="Devolver e receber").click()
    page.wait_for_url(f"**{links.order(paid.token)}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pedido cancelado")
    expect(notice).to_have_count(0)
    send_all_mails()
    assert purchases.refunds(paid) == [(paid.total, "refunded")]
