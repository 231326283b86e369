"""The spoken guidance of the kiosk: what is said, when it stops, and that it ends with the visit."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from playwright.sync_api import Page, expect

from tests.journeys.in_process_browser import InProcessBrowser
from tests.journeys.kiosk_speech import Speech
from tests.journeys.test_kiosk import kiosk_browser
from tests.kiosk.kiosk_visitor import paired_kiosk
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

NewPage = Callable[..., Page]
KEY = "code => document.body.dispatchEvent(new KeyboardEvent('keydown', { code, bubbles: true }))"
DEVICES = "n => { outputs = n; navigator.mediaDevices.dispatchEvent(new Event('devicechange')); }"


def speaking_kiosk(browser: InProcessBrowser) -> Speech:
    speech = Speech(browser.page)
    browser.open("/kiosk")
    return speech


def test_a_visit_is_guided_by_voice_until_it_ends(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    browser = kiosk_browser(new_page, paired_kiosk(app, screening.cinema.id, "pt-BR"))
    page = browser.page
    speech = speaking_kiosk(browser)
    page.keyboard.press("Tab")
    assert speech.texts() == [], "silent until somebody asks for it"
    page.get_by_role("button", name="Ouvir").tap()
    speech.hear("a tecla asterisco repete")
    speech.hear("Escolha uma sessão que começa logo")
    assert [speech.last("lang"), speech.last("voice")] == ["pt-BR", "pt-BR"]
    page.locator(".touch").focus()
    speech.hear("Toque para comprar, botão")

    page.keyboard.press("Enter")  # the mode stays from page to page
    speech.hear("O que você quer ver?")
    page.locator("a.stub").first.press("Enter")
    speech.hear("as setas andam de lugar em lugar")
    seats = page.locator(".map input[tabindex='0']")
    seats.focus()
    name = seats.get_attribute("data-n")
    speech.hear(f"Fila A, lugar {name}, livre, 38 reais")
    speech.forget()
    seats.press("Enter")
    speech.hear(f"Fila A, lugar {name}, livre, 38 reais, escolhido")
    speech.hear(f"1 lugar: A{name}")
    assert speech.texts()[0] == "stop", "a key stops the voice at once"
    assert speech.twice() == []

    speech.forget()
    page.keyboard.press("*")
    speech.hear(f"1 lugar: A{name}")
    page.get_by_role("button", name="Mais rápido").tap()
    page.get_by_role("button", name="Mais alto").tap()
    assert [speech.last("rate"), speech.last("volume")] == [1.25, 1]
    purchases.start(screening, seat_ids(seat_plan_of(screening), f"A{name}"), "eva")
    speech.hear(f"A{name} acabou de sair")

    page.get_by_role("button", name="English").tap()
    speech.hear("the arrows move from seat to seat")
    assert [speech.last("lang"), speech.last("voice"), speech.last("rate")] == ["en", "en-GB", 1.25]
    page.get_by_role("button", name="Give up").tap()
    expect(page.get_by_role("button", name="Toque para comprar")).to_be_visible()
    page.wait_for_load_state()  # its script clears what the visit left
    page.keyboard.press("Tab")
    assert speech.texts() == []
    assert page.evaluate("sessionStorage.length") == 0


def test_a_headset_begins_and_ends_the_guidance(app: Flask, new_page: NewPage) -> None:
    """A keypad with a socket sends a key; other headsets are a further device of the browser."""
    screening = make_screening("oooooooooo")
    browser = kiosk_browser(new_page, paired_kiosk(app, screening.cinema.id, "pt-BR"))
    page = browser.page
    speech = speaking_kiosk(browser)
    listen = page.get_by_role("button", name="Ouvir")
    for begin, end in (("F15", "F16"), (2, 1)):
        for one, pressed in ((begin, "true"), (end, "false")):
            page.evaluate(KEY if isinstance(one, str) else DEVICES, one)
            expect(listen).to_have_attribute("aria-pressed", pressed)
    speech.hear("a tecla asterisco repete")
    assert speech.texts()[-1] == "stop"


def test_errors_and_the_question_are_said(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    kiosk = paired_kiosk(app, screening.cinema.id, "pt-BR")
    browser = kiosk_browser(new_page, kiosk)
    page = browser.page
    page.clock.install()
    speech = speaking_kiosk(browser)
    page.get_by_role("button", name="Ouvir").tap()
    speech.hear("a tecla asterisco repete")
    page.locator(".board button").first.tap()
    page.locator(".bar").get_by_role("button", name="Continuar").tap()
    speech.hear("Escolha pelo menos um lugar")
    page.get_by_role("button", name="Os 2 melhores juntos").tap()
    page.clock.run_for(500)
    speech.hear("Escolha inteira ou meia para cada lugar")
    page.locator("input[value=full]").first.focus()
    speech.hear("Inteira, 38 reais, 1 de 2, escolhido")
    page.clock.fast_forward("01:05")
    speech.hear("Ainda está aí?")
    speech.hear("Continuar comprando, botão")
