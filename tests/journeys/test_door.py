"""Journeys at the door: tickets bought in one browser are admitted in another, with the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.door_steps import (
    BoughtTickets,
    admitted_count,
    expect_admitted,
    expect_verdict,
    scan,
    sign_in,
    stand_at,
)
from tests.live_server import LiveServer

NewPage = Callable[..., Page]
HIGH, LOW = 1047, 262
LISTEN = """
    const start = OscillatorNode.prototype.start;
    window.heard = [];
    OscillatorNode.prototype.start = function (...when) {
        window.heard.push(Math.round(this.frequency.value));
        return start.apply(this, when);
    };
"""


@dataclass(frozen=True)
class Bought:
    """Two tickets that no other test uses: their codes, and their screening's value in the door's list of places."""

    codes: list[str]
    place: str


@pytest.fixture(scope="module")
def stock() -> list[Bought]:
    """Tickets that are bought and not yet used by a test."""
    return []


@pytest.fixture
def bought(new_page: NewPage, server: LiveServer, stock: list[Bought]) -> Bought:
    if not stock:
        tickets = BoughtTickets(new_page(), server, quantity=4)
        stock += [Bought(tickets.codes[start : start + 2], tickets.place) for start in (0, 2)]
    return stock.pop()


def heard(page: Page) -> list[int]:
    found: list[int] = page.evaluate("window.heard.splice(0)")
    return found


def test_in_once_by_keyboard_alone(new_page: NewPage, server: LiveServer, bought: Bought) -> None:
    first, second = bought.codes
    page = new_page()
    page.add_init_script(LISTEN)
    sign_in(page, server)
    stand_at(page, bought.place)
    before = admitted_count(page)
    expect(page.locator("#code")).to_be_focused()

    scan(page, first)
    expect_verdict(page, "Pode entrar")
    expect(page.locator("#_verdict .seat b")).to_have_text(re.compile(r"^[A-Z]+\d+$"))
    expect_admitted(page, before + 1)
    expect(page.locator("#code")).to_be_focused()
    expect(page.locator("#code")).to_have_value("")
    expect(page.locator("[aria-live=assertive]")).to_contain_text("Pode")
    assert heard(page) == [HIGH]

    page.reload()
    expect_verdict(page, "Pode entrar")
    expect_admitted(page, before + 1)

    scan(page, first)
    expect_verdict(page, "Já entrou")
    expect(page.locator("#_verdict .seat")).to_have_text(re.compile(r"^\d{1,2}h\d\d\s*Portão 2\s*por Célia$"))
    assert heard(page) == [LOW, LOW]

    page.locator("[data-mute]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sem som")).to_be_visible()
    page.locator("#code").focus()
    scan(page, second)
    expect_verdict(page, "Pode entrar")
    expect_admitted(page, before + 2)
    assert heard(page) == []


def test_a_scanner_quicker_than_the_answers(new_page: NewPage, server: LiveServer, bought: Bought) -> None:
    """And one that ends each code with two Enters: every ticket is tried, one after another, once."""
    page = new_page()
    sign_in(page, server)
    stand_at(page, bought.place)
    before = admitted_count(page)
    tried: list[str] = []
    page.on("request", lambda request: tried.append(request.url) if request.method == "POST" else None)
    for code in bought.codes:
        scan(page, code)
        page.keyboard.press("Enter")
    expect_admitted(page, before + 2)
    expect_verdict(page, "Pode entrar")
    assert len(tried) == 2
    # Characters go into the code field, independently of the focus.
    page.locator("[data-mute]").focus()
    scan(page, bought.codes[1])
    expect_verdict(page, "Já entrou")
    expect(page).to_have_title("Já entrou")
    expect(page.get_by_role("button", name="Com som")).to_be_visible()
    page.locator("#code").evaluate("field => field.blur()")
    scan(page, "LTZ-4720")
    expect_verdict(page, "Código do pedido")


@pytest.mark.parametrize("into", ["Você está em", "Nome do seu portão"])
def test_a_scan_into_where_one_stands_is_a_scan(
    new_page: NewPage, server: LiveServer, bought: Bought, into: str
) -> None:
    """The fields of place and gate keep their values, and the ticket is tried."""
    page = new_page()
    sign_in(page, server)
    stand_at(page, bought.place)
    before = admitted_count(page)
    standing = page.locator("#_place").inner_text()
    page.locator("details.standing summary").click()
    values = [page.get_by_label(name).input_value() for name in ("Você está em", "Nome do seu portão")]
    page.get_by_label(into).focus()
    scan(page, bought.codes[0], held_up_ms=120)
    expect_verdict(page, "Pode entrar")
    expect_admitted(page, before + 1)
    expect(page.locator("#_place")).to_have_text(standing)
    expect(page.get_by_label("Você está em")).to_be_hidden()
    assert [page.locator(field).input_value() for field in ("#place", "#gate")] == values
    # Enter alone, or after slowly typed letters, sends nothing; only the button does.
    page.locator("details.standing summary").click()
    page.get_by_label("Nome do seu portão").fill("")
    page.keyboard.type("Corredor do lado B", delay=100)
    page.keyboard.press("Enter")
    expect(page.locator("#_place")).to_have_text(standing)
    page.get_by_role("button", name="Ficar aqui").click()
    expect(page.locator("#_place")).to_contain_text("Corredor do lado B · Sala")


def test_an_answer_takes_no_focus_from_the_place(
    new_page: NewPage, server: LiveServer, bought: Bought
) -> None:
    """While a scan waits for its answer, another gate can be typed."""
    page = new_page()
    sign_in(page, server)
    stand_at(page, bought.place)
    held: list[Route] = []
    page.route("**/staff/admissions", lambda route: held.append(route))
    with page.expect_request("**/staff/admissions"):
        scan(page, bought.codes[0])
    page.locator("details.standing summary").click()
    gate = page.get_by_label("Nome do seu portão")
    gate.fill("Corredor")
    held[0].continue_()
    expect(page).to_have_title("Pode entrar")
    expect(gate).to_be_focused()


def test_when_nobody_answers_nobody_is_let_in(new_page: NewPage, server: LiveServer, bought: Bought) -> None:
    page = new_page()
    sign_in(page, server)
    stand_at(page, bought.place)
    page.route("**/staff/admissions", lambda route: route.abort())
    scan(page, bought.codes[0])
    expect_verdict(page, "Sem resposta")
    page.unroute("**/staff/admissions")
    page.route("**/staff/admissions", lambda route: route.fulfill(status=502, body="bad gateway"))
    with page.expect_response("**/staff/admissions"):  # the page already shows the final message
        scan(page, bought.codes[0])
    expect_verdict(page, "Sem resposta")
    page.unroute("**/staff/admissions")
    scan(page, bought.codes[0])
    expect_verdict(page, "Pode entrar")
    page.context.clear_cookies()
    scan(page, bought.codes[1])
    expect(page.get_by_role("heading", name="Entrar")).to_be_visible()


def test_the_door_without_javascript(new_page: NewPage, server: LiveServer, bought: Bought) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, server)
    page.locator("details.standing summary").click()
    page.get_by_label("Você está em").select_option(bought.place)
    page.get_by_role("button", name="Ficar aqui").click()
    expect(page.locator("#code")).to_be_focused()
    scan(page, bought.codes[0])
    expect_verdict(page, "Pode entrar")
    page.wait_for_url("**/staff/admissions/*")
    page.reload()
    expect_verdict(page, "Pode entrar")
    expect(page.locator("#code")).to_be_focused()
    page.go_back()
    expect_verdict(page, "Leia o QR")
    page.go_forward()
    expect_verdict(page, "Pode entrar")
    scan(page, bought.codes[0])
    expect_verdict(page, "Já entrou")
