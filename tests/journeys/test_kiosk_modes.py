"""The kiosk's modes of display on every page, at both sizes: text and targets are large enough and in reach, axe finds
nothing, and a mode or a language may be changed at any moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.journeys.in_process_browser import InProcessBrowser
from tests.journeys.kiosk_measures import Measures
from tests.journeys.purchase_steps import step_button
from tests.journeys.test_kiosk import LANDSCAPE, PORTRAIT, kiosk_browser, newest_order
from tests.journeys.test_kiosk_card import act_at_terminal, expect_stage
from tests.kiosk.kiosk_visitor import Kiosk, pair
from tests.orders import purchases
from tests.orders.concessions import add_combo, add_product
from tests.reservations.auditoriums import make_screening

NewPage = Callable[..., Page]
ALONE: tuple[tuple[str, ...], ...] = ((), ("large",), ("contrast",), ("low",), ("listen",))
TOGETHER = ("large", "contrast", "low", "listen")
REACH = {"portrait": 0.5, "landscape": 0.75}

# As many posters and screenings as the page has at most.
FILL_THE_FIRST_PAGE = """() => {
  for (const [one, most] of [[".wall button", 3], [".board button", 4]]) {
    const first = document.querySelector(one);
    while (first.parentElement.childElementCount < most) first.after(first.cloneNode(true));
  }
}"""
TOUCH_IS_IN_SIGHT = """() => document.querySelector(".touch").getBoundingClientRect().bottom
    <= document.querySelector(".access").getBoundingClientRect().top"""


class Walk:
    """Goes through a purchase and looks at every page."""

    def __init__(self, app: Flask, new_page: NewPage, size: str) -> None:
        self.is_portrait = size == "portrait"
        self.kiosk = Kiosk(app, "pt-BR")
        self.browser: InProcessBrowser = kiosk_browser(
            new_page, self.kiosk, PORTRAIT if self.is_portrait else LANDSCAPE
        )
        self.page = self.browser.page
        self.measures = Measures(self.page, REACH[size], [])

    def look(self, name: str, *, modes: tuple[tuple[str, ...], ...] = (*ALONE, TOGETHER)) -> None:
        self.measures.wait_for_styles()
        for one in modes:
            # The rules of axe do not depend on the size of the screen; test_kiosk.py has it look at the plain pages.
            with_axe = self.is_portrait and one in (("contrast",), TOGETHER)
            self.measures.look(name, one, with_axe=with_axe)
        self.measures.look(name, (), with_axe=False)

    def dialog(self, name: str) -> None:
        self.page.evaluate("id => document.getElementById(id).showModal()", name)
        self.look(name)
        self.page.evaluate("id => document.getElementById(id).close()", name)

    def go_on(self) -> None:
        step_button(self.page).tap()


@pytest.mark.parametrize("size", ["portrait", "landscape"])
def test_every_page_in_every_mode(app: Flask, new_page: NewPage, size: str) -> None:
    screening = make_screening("oooooooooo", "oooovvoooo")
    add_combo(screening)
    add_product(screening, name="Pipoca")
    walk = Walk(app, new_page, size)
    page = walk.page
    walk.browser.open("/kiosk")
    expect(page.locator(".pairing-code")).to_be_visible()
    walk.look("pairing", modes=((),))
    pair(walk.kiosk, screening.cinema.id)
    walk.browser.open("/kiosk")
    walk.look("attract")
    page.evaluate(FILL_THE_FIRST_PAGE)
    for modes in (*ALONE, ("large", "listen"), TOGETHER):
        walk.measures.switch(modes)
        assert page.evaluate(TOUCH_IS_IN_SIGHT), modes
    walk.measures.switch(())
    page.locator(".touch").tap()
    expect(page.locator(".kiosk-films")).to_be_visible()
    walk.look("programme")
    page.locator("a.stub").first.tap()
    expect(page.locator("form[data-seats]")).to_be_visible()
    walk.look("seats")
    walk.dialog("_idle")
    walk.dialog("_offline")
    page.locator("[data-best-button]").tap()
    expect(page.locator("#types-form")).to_be_visible()
    page.locator("input[value=half]").first.evaluate("one => one.click()")
    walk.look("types")
    page.locator("input[value=full]").first.evaluate("one => one.click()")
    walk.go_on()
    page.locator("#concessions-form").get_by_role("button", name="Adicionar").first.tap()
    walk.look("concessions")
    walk.go_on()
    expect(page.locator("#checkout-form")).to_be_visible()
    walk.look("checkout")
    walk.go_on()
    expect(page.locator("[data-payment-wait]")).to_be_visible()
    purchases.run_due_work()
    expect(page.locator("[data-stage=code] .qr")).to_be_visible()
    walk.look("payment")
    page.get_by_role("button", name="Prefiro cartão").tap()
    expect_stage(page, "preparing")
    purchases.run_due_work()
    expect_stage(page, "terminal")
    walk.look("card at the terminal")
    act_at_terminal(f"/orders/{newest_order(walk.kiosk).token}", "insert", "approve")
    expect(page.locator(".kiosk-order")).to_be_visible()
    walk.look("paid")
    page.get_by_text("Enviar também por e-mail").tap()
    expect(page.locator(".keyboard button").first).to_be_visible()
    walk.look("e-mail")
    assert walk.measures.found == []


def test_modes_and_language_change_at_any_moment_without_losing_the_choice(
    app: Flask, new_page: NewPage
) -> None:
    screening = make_screening("oooooooooo")
    walk = Walk(app, new_page, "portrait")
    page = walk.page
    pair(walk.kiosk, screening.cinema.id)
    walk.browser.open("/kiosk")
    page.get_by_role("button", name="Contraste").tap()  # on the first page, before the visit begins
    page.locator(".board button").first.tap()
    expect(page.locator("html[data-contrast]")).to_have_count(1)
    walk.go_on()  # without a seat: the page comes back with an error, from the address of its form
    expect(page.get_by_text("Escolha pelo menos um lugar.")).to_be_visible()
    page.locator("#A4").tap()
    page.locator("#A5").tap()
    for name in ("Texto maior", "Tela baixa"):
        page.get_by_role("button", name=name).tap()
        expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#A4, #A5").and_(page.locator(":checked"))).to_have_count(2)
    page.get_by_role("button", name="English").tap()
    expect(page.locator("html[lang=en][data-large][data-contrast][data-low]")).to_have_count(1)
    expect(page.locator("#A4, #A5").and_(page.locator(":checked"))).to_have_count(2)
    walk.go_on()
    expect(page.locator("#types-form")).to_be_visible()
    page.locator("input[value=half]").first.evaluate("one => one.click()")
    page.get_by_role("button", name="Português").tap()
    expect(page.locator("html[lang=pt-BR][data-large][data-contrast][data-low]")).to_have_count(1)
    expect(page.locator("input[value=half]").first).to_be_checked()
    page.get_by_role("button", name="Contraste").tap()
    expect(page.get_by_role("button", name="Contraste")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("html[data-contrast]")).to_have_count(0)


def test_two_seats_and_a_combo_by_keypad_alone(app: Flask, new_page: NewPage) -> None:
    """Arrows and Enter, as a keypad has them: no Tab, no Space, no touch."""
    screening = make_screening("oooooooooo", "oooooooooo")
    add_combo(screening)
    walk = Walk(app, new_page, "portrait")
    page = walk.page
    pair(walk.kiosk, screening.cinema.id)
    walk.browser.open("/kiosk")

    def move_to(selector: str) -> None:
        page.wait_for_load_state()  # a script moves the focus
        for _ in range(40):
            if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
                return
            page.keyboard.press("ArrowDown")
        raise AssertionError(f"{selector} is not reached")

    def press(key: str) -> None:
        page.keyboard.press(key)

    move_to(".board button")
    press("Enter")
    expect(page.locator("form[data-seats]")).to_be_visible()
    move_to(".map input")
    press("Enter")
    press("ArrowRight")
    press("Enter")
    expect(page.locator(".map :checked")).to_have_count(2)
    move_to("[data-bar-action]")
    press("Enter")
    expect(page.locator("#types-form")).to_be_visible()
    move_to("#types-form input")
    press("ArrowRight")
    expect(page.locator("input[value=half]").first).to_be_checked()
    press("ArrowLeft")
    move_to("[data-bar-action]")
    press("Enter")
    expect(page.locator("#concessions-form")).to_be_visible()
    move_to("button[name=add]")
    press("Enter")
    expect(page.locator("input[name^=quantity-]").first).to_have_value("1")
    move_to("[data-bar-action]")
    press("Enter")
    expect(page.locator("#checkout-form")).to_be_visible()
    move_to("[data-bar-action]")
    press("Enter")
    expect(page.locator("[data-payment-wait]")).to_be_visible()
    purchases.run_due_work()
    order = purchases.pay(newest_order(walk.kiosk))
    expect(page.locator(".kiosk-order")).to_contain_text(order.code)
    assert [len(order.seats), len(order.items)] == [2, 1]
    move_to(".kiosk-paid form button")
    press("Enter")
    expect(page.locator(".attract")).to_be_visible()


def test_control_small_texts_and_targets_out_of_reach_are_found(app: Flask, new_page: NewPage) -> None:
    walk = Walk(app, new_page, "portrait")
    walk.browser.open("/kiosk")
    expect(walk.page.locator(".pairing-code")).to_be_visible()
    walk.page.evaluate(
        """() => {
        document.body.insertAdjacentHTML("afterbegin", "<button class=spoiled>tiny</button><img src='/x.png'>");
        const { style } = document.querySelector(".spoiled");
        Object.assign(style, { position: "fixed", top: "0", fontSize: "10px", height: "30px", width: "70px" });
        }"""
    )
    walk.measures.look("spoiled", ("low",), with_axe=True)
    found = "\n".join(walk.measures.found)
    for complaint in ("tiny: 10 px", "tiny: 70 x 30", "tiny: out of reach at 0", "image-alt"):
        assert complaint in found
