"""An e-mail on the kiosk's last page, typed in on the keyboard on the screen: by touch, and from a keypad."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Locator, expect

from app.events.service import Screening
from tests.journeys.test_kiosk import LANDSCAPE, PORTRAIT, NewPage, Touches, kiosk_browser
from tests.kiosk.kiosk_visitor import Kiosk, paired_kiosk
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import order_at

ADDRESS = ["j", "o", "s", "e", "_", "1", ".", "q"]


def buy(kiosk: Kiosk, screening: Screening) -> str:
    """Buy two seats; returns the order's path."""
    kiosk.post("/kiosk/visits")
    path = kiosk.start(screening, "A1 A2")
    kiosk.choose_full(path)
    kiosk.check_out(path, name="", email="")
    purchases.run_due_work()
    purchases.pay(order_at(path))
    return path


@pytest.mark.parametrize(("viewport", "by_touch"), [(PORTRAIT, True), (LANDSCAPE, False)])
def test_the_tickets_by_e_mail(
    app: Flask, new_page: NewPage, viewport: dict[str, int], *, by_touch: bool
) -> None:
    screening = make_screening("oooooooooo")
    kiosk = paired_kiosk(app, screening.cinema.id, "pt-BR")
    path = buy(kiosk, screening)
    browser = kiosk_browser(new_page, kiosk, viewport)
    page, steps = browser.page, Touches(browser.page)

    def press(target: Locator) -> None:
        if by_touch:
            target.tap()
        else:
            target.focus()
            page.keyboard.press("Enter")

    browser.open(path)
    press(page.get_by_role("link", name="Enviar também por e-mail"))
    field, keys = page.get_by_label("E-mail"), page.get_by_role("group", name="Teclado")
    expect(field).to_be_focused()
    steps.check()
    names = {"_": "sublinhado", ".": "ponto"}
    for key in ADDRESS:
        press(keys.get_by_role("button", name=names.get(key, key), exact=True))
    expect(field).to_have_value("jose_1.q")
    field.focus()
    page.keyboard.press("Tab")
    expect(keys.locator(":focus")).to_have_count(1)  # the keys come after the field

    send = page.get_by_role("button", name="Enviar", exact=True)
    press(send)
    expect(page.get_by_text("Este e-mail está incompleto.")).to_be_visible()
    expect(field).to_have_value("jose_1.q")
    steps.check()
    for key in ("@gmail.com", "x", "Apagar um caractere"):
        press(keys.get_by_role("button", name=key, exact=True))
    press(send)
    expect(page.get_by_text("Os ingressos vão também por e-mail para j•••q@gmail.com.")).to_be_visible()
    assert order_at(path).email == "jose_1.q@gmail.com"

    press(page.get_by_role("button", name="Pronto"))
    expect(page.get_by_role("button", name="Toque para comprar")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("gmail.com")).to_have_count(0)
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
