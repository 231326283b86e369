"""Card payment at the kiosk by touch: the page follows the terminal by itself, and one touch cancels."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.core import db
from app.users import service as users
from tests.journeys.test_kiosk import LANDSCAPE, PORTRAIT, NewPage, Touches, kiosk_browser
from tests.kiosk.kiosk_visitor import paired_kiosk
from tests.orders import purchases
from tests.orders.kiosk_sales import ask_terminal, terminals
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import order_at


def act_at_terminal(path: str, *acts: str) -> None:
    with db.reading():
        kiosk = users.list_devices()[-1]
    for one in acts:
        assert terminals().act(kiosk.id, purchases.charge_id(order_at(path)), one), one
    ask_terminal()


def expect_stage(page: Page, stage: str) -> None:
    expect(page.locator(f"[data-stage={stage}]")).to_be_visible()


@pytest.mark.parametrize("viewport", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
def test_paying_by_card(app: Flask, new_page: NewPage, viewport: dict[str, int]) -> None:
    screening = make_screening("oooooooooo")
    kiosk = paired_kiosk(app, screening.cinema.id, "pt-BR")
    kiosk.post("/kiosk/visits")
    path = kiosk.start(screening, "A1 A2")
    kiosk.choose_full(path)
    browser = kiosk_browser(new_page, kiosk, viewport)
    page, steps = browser.page, Touches(browser.page)
    browser.open(f"{path}/checkout")
    steps.touch(page.get_by_text("Cartão na maquininha"))
    steps.check()
    steps.next_step()
    expect_stage(page, "preparing")
    purchases.run_due_work()
    expect_stage(page, "terminal")
    expect(page.locator(".at-terminal")).to_have_text("Insira ou aproxime o cartão na maquininha")
    steps.check()

    steps.touch(page.get_by_role("button", name="Cancelar o cartão"))
    expect_stage(page, "stopping")
    purchases.run_due_work()
    expect_stage(page, "failed")
    steps.check()
    steps.touch(page.get_by_role("button", name="Tentar o cartão de novo"))
    expect_stage(page, "preparing")
    purchases.run_due_work()
    expect_stage(page, "terminal")
    act_at_terminal(path, "insert", "approve")
    expect(page.locator(".kiosk-order")).to_contain_text(order_at(path).code)


def test_nobody_is_asked_to_touch_the_screen_while_the_terminal_works(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    kiosk = paired_kiosk(app, screening.cinema.id, "pt-BR")
    kiosk.post("/kiosk/visits")
    path = kiosk.start(screening, "A1")
    kiosk.choose_full(path)
    kiosk.check_out(path, name="", email="", method="card_present")
    purchases.run_due_work()
    browser = kiosk_browser(new_page, kiosk)
    page = browser.page
    page.clock.install()
    browser.open(f"{path}/payment")
    expect_stage(page, "terminal")
    question = page.get_by_role("dialog", name="Ainda está aí?")
    page.clock.fast_forward("02:00")
    expect(question).to_be_hidden()
    page.clock.fast_forward("01:10")
    expect(question).to_be_visible()
