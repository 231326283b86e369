"""The kiosk's modes of display may be changed at any moment, and a purchase goes by keypad alone."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import expect

from tests.journeys.axe_checks import NewPage
from tests.journeys.kiosk_walk import Walk
from tests.journeys.purchase_steps import step_button
from tests.journeys.test_kiosk import newest_order
from tests.kiosk.kiosk_visitor import pair
from tests.orders import purchases
from tests.orders.concessions import add_combo
from tests.reservations.auditoriums import make_screening


def test_modes_and_language_change_at_any_moment_without_losing_the_choice(
    app: Flask, new_page: NewPage
) -> None:
    screening = make_screening("oooooooooo")
    walk = Walk(app, new_page)
    page = walk.page
    pair(walk.kiosk, screening.cinema.id)
    walk.browser.open("/kiosk")
    page.get_by_role("button", name="Contraste").tap()  # on the first page, before the visit begins
    page.locator(".board button").first.tap()
    expect(page.locator("html[data-contrast]")).to_have_count(1)
    step_button(page).tap()  # without a seat: the page comes back with an error, from the address of its form
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
    step_button(page).tap()
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
    walk = Walk(app, new_page)
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
    walk = Walk(app, new_page)
    walk.browser.open("/kiosk")
    expect(walk.page.locator(".pairing-code")).to_be_visible()
    walk.page.evaluate(
        """() => {
        document.body.insertAdjacentHTML("afterbegin", "<button class=spoiled>tiny</button><img src='/x.png'>");
        const { style } = document.querySelector(".spoiled");
        Object.assign(style, { position: "fixed", top: "0", fontSize: "10px", height: "30px", width: "70px" });
        }"""
    )
    walk.measures.look("spoiled", with_axe=(("low",),))
    found = "\n".join(walk.measures.found)
    for complaint in ("tiny: 10 px", "tiny: 70 x 30", "tiny: out of reach at 0", "image-alt"):
        assert complaint in found
