"""Typed name and e-mail are kept when the customer leaves the checkout and returns, for one order only."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.journey_data import Journey
from tests.journeys.purchase_steps import press_continue


def test_name_and_email_are_kept_after_going_back_a_step(
    new_page: Callable[..., Page], journey: Journey
) -> None:
    page = new_page()
    screening = journey.make_screening("oooooo")
    order = journey.choose_seats(page, screening, "A1 A2")
    journey.go_to_checkout(page)
    page.locator("input[name=cpf]").fill("529.982.247-25")
    page.locator("a.back").click()
    page.wait_for_url("**/concessions")
    press_continue(page)
    page.wait_for_url("**/checkout")
    expect(page.locator("input[name=name]")).to_have_value("Ana Luísa Prado")
    expect(page.locator("input[name=email]")).to_have_value("ana@example.com")
    expect(page.locator("input[name=cpf]")).to_have_value("")

    # The page of an error contains the typed values, which are kept too.
    page.locator("input[name=email]").fill("ana@")
    press_continue(page)
    expect(page.locator("#email-error")).to_be_visible()
    page.goto(f"{order}/types")
    page.goto(f"{order}/checkout")
    expect(page.locator("input[name=email]")).to_have_value("ana@")

    # Another order in the same tab, perhaps of another person, does not get the values.
    other = journey.choose_seats(page, screening, "A5 A6")
    press_continue(page)
    page.wait_for_url("**/concessions")
    press_continue(page)
    page.wait_for_url("**/checkout")
    expect(page.locator("input[name=name]")).to_have_value("")

    # Submitted values belong to the order and are not kept in the tab.
    page.goto(f"{order}/checkout")
    page.locator("input[name=email]").fill("ana@example.com")
    press_continue(page)
    page.wait_for_url("**/payment")
    assert journey.order_at(order).name == "Ana Luísa Prado"
    kept = page.evaluate("Object.keys(sessionStorage).filter(name => sessionStorage[name].includes('Ana'))")
    assert kept == []
    assert journey.order_at(other).state == "draft"


def test_a_language_switch_keeps_all_entered_values(new_page: Callable[..., Page], journey: Journey) -> None:
    page = new_page()
    screening = journey.make_screening("oooooo")
    journey.open_map(page, screening)
    for name in ("A1", "A2"):
        page.locator(f"#{name}").check(force=True)
    page.locator("input[name=quantity]").fill("3")  # a field of another form
    in_english(page)
    expect(page.locator("#A1")).to_be_checked()
    expect(page.locator("input[name=quantity]")).to_have_value("3")
    expect(page.locator("[data-bar-text]:visible")).to_have_text("2 seats: A1, A2")

    press_continue(page)
    page.wait_for_url("**/types")
    page.locator("input[value=half]").first.check(force=True)
    page.locator("input[value=student]:visible").check(force=True)
    in_portuguese(page)
    expect(page.locator("input[value=student]:visible")).to_be_checked()
    expect(page.locator("[data-bar-text]:visible")).to_have_text("1 inteira + 1 meia")
    journey.go_to_checkout(page)
    page.locator("input[name=name]").fill("Ana")
    page.locator("input[name=cpf]").fill("529.982.247-25")
    in_english(page)
    expect(page.locator("input[name=name]")).to_have_value("Ana")
    expect(page.locator("input[name=cpf]")).to_have_value("529.982.247-25")
    page.locator("input[name=email]").fill("ana@example.com")
    page.locator("input[name=email]").press("Enter")
    page.wait_for_url("**/payment")


def test_a_language_switch_without_a_form_keeps_the_values_in_the_tab(
    new_page: Callable[..., Page], journey: Journey
) -> None:
    page = new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{journey.server.url}/account/sign-up")
    page.locator("input[name=name]").fill("Ana")
    page.locator("input[name=email]").fill("ana@example.com")
    page.locator("input[name=password]").fill("pipoca-quente")
    in_english(page)
    expect(page.locator("input[name=name]")).to_have_value("Ana")
    expect(page.locator("input[name=email]")).to_have_value("ana@example.com")
    expect(page.locator("input[name=password]")).to_have_value("")
    assert page.evaluate("Object.keys(sessionStorage)") == []


def in_english(page: Page) -> None:
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.wait_for_load_state()  # its script restores what was typed


def in_portuguese(page: Page) -> None:
    page.get_by_role("button", name="Português").click()
    expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
    page.wait_for_load_state()  # its script restores what was typed
