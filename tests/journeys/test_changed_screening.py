"""A bought screening has changed: its buyer reads it where they look, and gives the order back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from app.orders.service import OrderView
from app.web import links
from tests.journeys.in_process import InProcess
from tests.orders import buying
from tests.reservations.rooms import ids, make_screening, plan_of
from tests.shop.test_changed_screening import change
from tests.shop.visitor import Visitor
from tests.users.noticed import sent


@pytest.fixture
def paid(app: Flask) -> OrderView:
    screening = make_screening("oooooo")
    order = buying.bought(screening, ids(plan_of(screening), "A1 A2"))
    change(screening, version="dubbed", format="3D")
    sent()
    return order


@pytest.mark.parametrize("width", [360, 1280])
def test_read_and_given_back(app: Flask, new_page: Callable[..., Page], paid: OrderView, width: int) -> None:
    browser = InProcess(
        new_page, Visitor(app, "pt-BR"), locale="pt-BR", viewport={"width": width, "height": 800}
    )
    page = browser.page
    assert browser.open(links.order(paid.token)) == 200
    notice = page.locator("#_changed")
    expect(notice).to_be_in_viewport(ratio=1)
    expect(notice).to_contain_text("Esta sessão mudou. Era: legendado. Agora é: dublado 3D.")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert Axe().run(page).response["violations"] == []
    give_back = notice.get_by_role("link", name="Devolver o pedido")
    give_back.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cancellation")
    expect(page.get_by_role("heading", level=1)).to_have_text("Devolver este pedido?")
    page.get_by_role("button", name="Devolver e receber").click()
    page.wait_for_url(f"**{links.order(paid.token)}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pedido cancelado")
    expect(notice).to_have_count(0)
    sent()
    assert buying.refunds(paid) == [(paid.total, "refunded")]
