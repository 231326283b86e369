"""Purchases with double clicks, the back button, two tabs, late payments, and an account created afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.core import db
from app.orders.service import OrderView
from app.payments import service as payments
from app.reservations import service as reservations
from app.tickets import service as tickets
from tests.journeys.journey_data import Journey, add_product
from tests.journeys.purchase_steps import TIMEOUT_MS, press_continue, step_button
from tests.journeys.test_accounts import mail_link_path, sign_up
from tests.orders import purchases

NewPage = Callable[..., Page]


def payments_of(order: OrderView) -> tuple[int, int, int]:
    """The numbers of charges, payments and refunds of an order."""
    with db.reading():
        return (
            len(payments.charges_of(order.id)),
            len(payments.receipts_of(order.id)),
            len(payments.refunds_of(order.id)),
        )


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_double_clicks_buy_once(new_page: NewPage, journey: Journey, scripts: bool) -> None:
    """Double clicks by a new visitor on the map, on every step and on the payment."""
    screening = journey.make_screening("oooooo")
    page = new_page(java_script_enabled=scripts)
    journey.open_map(page, screening)
    page.locator("form.best-form button:not([type=button])").dblclick()
    # The second click aborts the request of the first one, so the test checks only the final address.
    expect(page).to_have_url(re.compile("/types$"), timeout=TIMEOUT_MS)
    step_button(page).dblclick()
    expect(page).to_have_url(re.compile("/(concessions|checkout)$"), timeout=TIMEOUT_MS)
    if page.url.endswith("/concessions"):
        press_continue(page)
    page.wait_for_url("**/checkout")
    page.locator("input[name=name]").fill("Ana")
    page.locator("input[name=email]").fill("ana@example.com")
    step_button(page).dblclick()
    expect(page).to_have_url(re.compile("/payment$"), timeout=TIMEOUT_MS)
    order = journey.order_at(page.url)
    assert order.state == "awaiting_payment"
    assert payments_of(order) == (1, 0, 0)
    with db.reading():
        assert len(reservations.seat_states(screening.id)) == len(order.seats) == 2


def test_back_forward_and_two_tabs_show_the_current_step(new_page: NewPage, journey: Journey) -> None:
    """Each open page leads to the current step of the order; no seat is lost or sold twice."""
    screening = journey.make_screening("oooo", "oooo")
    add_product(screening)
    page = new_page()
    order = journey.choose_seats(page, screening, "A1 A2")
    press_continue(page)
    page.wait_for_url("**/concessions")
    page.go_back()
    page.locator(".who").nth(0).locator("input[value=half]").check()
    page.locator(".who").nth(0).locator("input[value=senior]").check()
    press_continue(page)
    page.wait_for_url("**/concessions")
    assert journey.order_at(order).total == 3800 + 1900

    # The seats are changed in another tab, so the form of the first tab names seats that the order no longer has.
    page.goto(f"{order}/types")
    tab = page.context.new_page()
    tab.goto(f"{order}/seats")
    for name in ("A1", "A2"):
        tab.locator(f"#{name}").uncheck(force=True)
    for name in ("B1", "B2"):
        tab.locator(f"#{name}").check(force=True)
    press_continue(tab)
    tab.wait_for_url("**/types")
    press_continue(page)
    expect(page.get_by_text("Esse lugar não é deste pedido").first).to_be_visible()
    assert [seat.name for seat in journey.order_at(order).seats] == ["B1", "B2"]

    # One tab pays; the other one, at the concessions, is redirected to the current state.
    page.goto(f"{order}/types")
    press_continue(page)
    page.wait_for_url("**/concessions")
    tab.goto(f"{order}/types")
    journey.go_to_pix_code(tab)
    total = journey.order_at(order).total
    page.locator("button[name=add]").first.click()
    press_continue(page)
    page.wait_for_url("**/payment")
    assert journey.order_at(order).total == total
    tab.locator("a[href^='/sandbox-bank/']").click()
    tab.locator("button[value=pay]").click()
    tab.wait_for_url(order, timeout=TIMEOUT_MS)
    page.wait_for_url(order, timeout=TIMEOUT_MS)
    page.go_back()
    page.wait_for_url(order)
    expect(page.locator("article.ticket")).to_have_count(2)
    assert payments_of(journey.order_at(order)) == (1, 1, 0)


def pay_late(new_page: NewPage, journey: Journey, *rows: str, taken: str) -> tuple[Page, str]:
    """Pay for A1 half an hour after the deadline, when another visitor has taken `taken`; returns page and order."""
    screening = journey.make_screening(*rows)
    page = new_page()
    order = journey.choose_seats(page, screening, "A1")
    journey.go_to_pix_code(page)
    basket = journey.order_at(order)
    charge = purchases.charge_id(basket)
    purchases.age_order(basket, 30)
    if taken:
        journey.order_by_another_visitor(screening, taken)
    purchases.bank().pay(charge, stubborn=True)
    return page, order


def test_a_late_pix_gets_the_same_seats(new_page: NewPage, journey: Journey) -> None:
    page, order = pay_late(new_page, journey, "oooo", taken="A3 A4")
    page.wait_for_url(order, timeout=TIMEOUT_MS)
    expect(page.locator("article.ticket")).to_have_count(1)
    paid = journey.order_at(order)
    assert (paid.state, [seat.name for seat in paid.seats]) == ("paid", ["A1"])


@pytest.mark.parametrize(
    ("answer", "state", "counted"),
    [("Ficar com", "paid", (1, 1, 0)), ("dinheiro de volta", "refunded", (1, 1, 1))],
)
def test_a_late_pix_is_offered_other_seats(
    new_page: NewPage, journey: Journey, answer: str, state: str, counted: tuple[int, int, int]
) -> None:
    page, order = pay_late(new_page, journey, "oooo", taken="A1")
    choice = page.get_by_role("button", name=re.compile(answer))
    page.wait_for_url(order, timeout=TIMEOUT_MS)
    expect(page.get_by_role("button", name=re.compile("Ficar com A[234]"))).to_be_visible()
    choice.click()
    expect(page.get_by_role("button", name=re.compile("Ficar com A[234]"))).to_have_count(0)
    ended = journey.order_at(order)
    assert (ended.state, payments_of(ended)) == (state, counted)
    if state == "paid":
        assert [seat.name for seat in ended.seats] != ["A1"]
        expect(page.locator("article.ticket")).to_have_count(1)
    else:
        with db.reading():
            assert tickets.of_order(ended.id) == []


def test_a_late_pix_without_free_seats_is_refunded(new_page: NewPage, journey: Journey) -> None:
    page, order = pay_late(new_page, journey, "oo", taken="A1 A2")
    expect(page.get_by_role("heading", name=re.compile("O dinheiro (está voltando|voltou)"))).to_be_visible(
        timeout=TIMEOUT_MS
    )
    assert payments_of(journey.order_at(order)) == (1, 1, 1)


def test_a_guest_order_joins_the_account_after_the_verification(new_page: NewPage, journey: Journey) -> None:
    """An account with an unverified e-mail does not show the guest orders of that e-mail."""
    screening = journey.make_screening("oooo")
    guest = new_page()
    order = journey.choose_seats(guest, screening, "A1 A2")
    journey.go_to_checkout(guest)
    guest.locator("input[name=email]").fill("rita@example.org")
    press_continue(guest)
    guest.wait_for_url("**/payment")
    code = journey.order_at(order).code

    page = new_page()
    sign_up(page, journey.server, "rita@example.org")
    page.goto(f"{journey.server.url}/account/orders")
    expect(page.locator("main")).not_to_contain_text(code)
    page.goto(order)
    expect(page.get_by_text(code)).to_have_count(0)
    page.goto(journey.server.url + mail_link_path(journey.server, "rita@example.org", "verify"))
    page.get_by_role("button", name="Confirmar meu e-mail").click()
    expect(page.get_by_role("heading", name="Meus ingressos")).to_be_visible()
    page.goto(f"{journey.server.url}/account/orders")
    page.get_by_role("link", name=re.compile(code)).click()
    page.wait_for_url(re.compile(order))
