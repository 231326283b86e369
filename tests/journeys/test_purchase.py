"""Purchases from the programme to the tickets, with the real server and worker, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.purchase_steps import (
    TIMEOUT_MS,
    confirm_age,
    fill_in_buyer,
    go_on_to_checkout,
    open_a_seat_map,
    open_card_page,
    pay_at_sandbox_bank,
    press_continue,
    qr_codes_of_pdf,
)
from tests.live_server import LiveServer


@pytest.fixture(scope="module")
def shop(live_server: LiveServer) -> LiveServer:
    return live_server


def test_a_purchase_with_the_map(page: Page, shop: LiveServer) -> None:
    open_a_seat_map(page, shop)
    page.locator("[data-best-button]").click()
    page.wait_for_url("**/types")
    expect(page.get_by_role("heading", name="Quem vai?")).to_be_visible()
    seats = page.locator(".who legend").first.text_content()
    assert seats

    second = page.locator(".who").nth(1)
    second.get_by_role("radio", name=re.compile("Meia-entrada")).check()
    expect(page.locator(".bar [data-bar-text]")).to_have_text("1 inteira + 1 meia")
    press_continue(page)
    expect(page.get_by_text("Diga por que este lugar paga meia").first).to_be_visible()
    second.get_by_role("radio", name=re.compile("Estudante")).check()
    expect(second.get_by_text("Na porta: CIE com foto")).to_be_visible()
    confirm_age(page)
    press_continue(page)

    page.wait_for_url("**/concessions")
    expect(page.locator(".bar [data-bar-action]")).to_have_text("Seguir sem pipoca")
    before = page.locator(".bar [data-bar-total]").text_content()
    page.locator(".combo button[name=add]").first.click()
    expect(page.locator(".bar [data-bar-text]")).to_have_text("2 ingressos + 1 combo")
    assert page.locator(".bar [data-bar-total]").text_content() != before
    shown = page.locator(".bar [data-bar-total]").text_content()
    press_continue(page)

    page.wait_for_url("**/checkout")
    assert page.locator(".bar [data-bar-total]").text_content() == shown, "the server computes the same total"
    press_continue(page)
    expect(page.get_by_text("Falta acertar 2 coisas")).to_be_visible()
    fill_in_buyer(page)
    press_continue(page)

    page.wait_for_url("**/payment")
    expect(page.locator("#pix-code")).to_have_value(re.compile("^000201"), timeout=TIMEOUT_MS)
    order = page.url.removesuffix("/payment")
    pay_at_sandbox_bank(page)
    page.wait_for_url(order, timeout=TIMEOUT_MS)
    expect(page.locator(".sign h1")).to_contain_text("Boa sessão!")
    expect(page.locator("article.ticket")).to_have_count(2)

    on_paper = qr_codes_of_pdf(page, f"{order}/tickets.pdf")
    assert len(set(on_paper)) == 2


def test_a_purchase_with_the_keyboard_alone(page: Page, shop: LiveServer) -> None:
    open_a_seat_map(page, shop)
    first = page.locator("form[data-seats] input[name=seat]:not([disabled])").first
    first.focus()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".bar [data-bar-total]")).to_have_text(re.compile(r"R\$"))
    page.locator(".bar [data-bar-action]").focus()
    page.keyboard.press("Enter")
    # The page asks about a single seat left over; the choice can be kept.
    keep = page.locator("button[name=keep]")
    page.wait_for_function(
        "() => location.pathname.endsWith('/types') || document.querySelector('button[name=keep]')"
    )
    if keep.count():
        keep.focus()
        page.keyboard.press("Enter")
    page.wait_for_url("**/types")
    page.locator(".who input[value=full]").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".who input[value=half]").first).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(".sub input:checked")).to_have_count(1)
    if page.locator("input[name=age]").count():
        page.locator("input[name=age]").focus()
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/concessions")
    page.locator(".combo button[name=add]").first.focus()
    page.keyboard.press("Enter")
    page.locator(".combo input").first.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout")
    page.locator("input[name=name]").focus()
    page.keyboard.type("Ana Luísa Prado")
    page.keyboard.press("Tab")
    page.keyboard.type("ana@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url("**/payment")
    order = page.url.removesuffix("/payment")
    bank = page.locator("a[href^='/sandbox-bank/']")
    expect(bank).to_be_visible(timeout=TIMEOUT_MS)
    bank.focus()
    page.keyboard.press("Enter")
    page.locator("button[value=pay]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(order, timeout=TIMEOUT_MS)
    expect(page.locator("article.ticket")).to_have_count(1)


def test_a_purchase_without_javascript(new_page: Callable[..., Page], shop: LiveServer) -> None:
    page = new_page(java_script_enabled=False)
    open_a_seat_map(page, shop)
    page.locator("input[name=quantity]").fill("3")
    page.locator("form.best-form button:not([type=button])").click()
    page.wait_for_url("**/types")
    page.locator(".who").nth(0).locator("input[value=half]").check()
    page.locator(".who").nth(0).locator("input[value=senior]").check()
    confirm_age(page)
    press_continue(page)
    page.wait_for_url("**/concessions")
    page.locator(".combo button[name=add]").first.click()
    page.locator(".combo input").first.fill("2")
    page.get_by_role("button", name="Somar").click()
    expect(page.locator(".bar [data-bar-text]")).to_have_text("3 ingressos + 2 combos")
    press_continue(page)
    page.wait_for_url("**/checkout")
    fill_in_buyer(page)
    press_continue(page)
    page.wait_for_url("**/payment")
    order = page.url.removesuffix("/payment")
    bank = page.locator("a[href^='/sandbox-bank/']")
    reload_until_visible(page, bank, f"{order}/payment")
    pay_at_sandbox_bank(page)
    reload_until_visible(page, page.locator("article.ticket"), order)
    expect(page.locator("article.ticket")).to_have_count(3)
    page.get_by_text("O que foi pago").click()
    expect(page.locator("#_lines dt").first).to_contain_text("meia, 60+")


def reload_until_visible(page: Page, sight: Locator, address: str) -> None:
    """Load the page again until `sight` is visible, because without scripts it does not poll."""
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while not sight.count() and time.monotonic() < deadline:
        page.wait_for_timeout(250)
        page.goto(address)


def test_a_purchase_on_a_phone_of_320_px(new_page: Callable[..., Page], shop: LiveServer) -> None:
    page = new_page(viewport={"width": 320, "height": 568}, has_touch=True)

    def fits() -> None:
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"{page.url} is {wide} px wide"

    open_a_seat_map(page, shop)
    fits()
    page.locator("[data-best-button]").tap()
    page.wait_for_url("**/types")
    fits()
    confirm_age(page)
    press_continue(page)
    page.wait_for_url("**/concessions")
    fits()
    press_continue(page)
    page.wait_for_url("**/checkout")
    fits()
    fill_in_buyer(page, "Maria Aparecida do Nascimento de Albuquerque Cavalcanti")
    press_continue(page)
    page.wait_for_url("**/payment")
    expect(page.locator("#pix-code")).to_be_visible(timeout=TIMEOUT_MS)
    fits()
    order = page.url.removesuffix("/payment")
    pay_at_sandbox_bank(page)
    page.wait_for_url(order, timeout=TIMEOUT_MS)
    fits()
    page.get_by_role("link", name="Cancelar e receber de volta").click()
    page.wait_for_url("**/cancellation")
    fits()
    page.get_by_role("button", name=re.compile("Cancelar e receber")).click()
    expect(page.locator(".sign h1")).to_contain_text("Pedido cancelado")
    fits()


def test_a_purchase_in_english_by_card(new_page: Callable[..., Page], shop: LiveServer) -> None:
    page = new_page(locale="en-GB", viewport={"width": 1280, "height": 900})
    open_a_seat_map(page, shop)
    page.locator("[data-best-button]").click()
    page.wait_for_url("**/types")
    expect(page.get_by_role("heading", name="Who is going?")).to_be_visible()
    confirm_age(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Go on without popcorn").click()
    page.wait_for_url("**/checkout")
    fill_in_buyer(page)
    page.get_by_role("radio", name=re.compile("^Card")).check()
    page.get_by_role("button", name=re.compile("^Pay R")).click()
    open_card_page(page)
    page.locator("button[value=decline]").click()
    expect(page.get_by_text("The bank declined the card. Nothing was charged")).to_be_visible(
        timeout=TIMEOUT_MS
    )
    page.get_by_role("button", name="Try the card again").click()
    open_card_page(page)
    page.locator("button[value=pay]").click()
    expect(page.locator(".sign h1")).to_contain_text("Enjoy the film!", timeout=TIMEOUT_MS)


def test_an_extension_keeps_typed_values(new_page: Callable[..., Page], shop: LiveServer) -> None:
    page = new_page()
    page.clock.install()
    open_a_seat_map(page, shop)
    page.locator("[data-best-button]").click()
    page.wait_for_url("**/types")
    go_on_to_checkout(page)
    fill_in_buyer(page)
    more = page.get_by_role("button", name="Mais 5 minutos")
    expect(more).to_be_hidden()
    page.clock.fast_forward("08:30")
    expect(more).to_be_visible()
    more.click()
    expect(more).to_be_hidden()
    expect(page.locator("[data-countdown-value]")).to_have_text(re.compile(r"^1[45]:\d\d$"))
    assert page.locator("input[name=name]").input_value() == "Ana Luísa Prado"


def test_an_order_is_found_after_leaving_the_site(page: Page, shop: LiveServer) -> None:
    open_a_seat_map(page, shop)
    page.locator("[data-best-button]").click()
    page.wait_for_url("**/types")
    began = page.url
    page.goto(shop.url)
    page.get_by_role("link", name="Continuar o pedido").click()
    page.wait_for_url(began)
    page.get_by_role("button", name="Desistir e liberar os lugares").locator("visible=true").click()
    page.wait_for_url("**/screenings/*")
    page.goto(shop.url)
    expect(page.get_by_role("link", name="Continuar o pedido")).to_have_count(0)
