"""Scanners that end a code with Tab, a line feed or nothing, beside people who use the keyboard to move."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.door import Bought, at_noon, inside, now_inside, says, scan, sign_in, stand_at
from tests.live_server import LiveServer

NewPage = Callable[..., Page]
SUFFIXES = {
    "tab": ["Tab"],
    "nothing": [],
    "carriage return and line feed": ["Enter", "Control+j"],
    "two tabs": ["Tab", "Tab"],
}


def scan_with(page: Page, code: str, suffix: str) -> None:
    page.keyboard.type(code)
    for key in SUFFIXES[suffix]:
        page.keyboard.press(key)


@pytest.fixture(scope="module")
def house(live_server: LiveServer) -> LiveServer:
    return at_noon(live_server)


@pytest.fixture
def bought(new_page: NewPage, house: LiveServer) -> Bought:
    return Bought(new_page(), house)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_code_is_tried_whatever_ends_it(
    new_page: NewPage, house: LiveServer, bought: Bought, suffix: str
) -> None:
    page = new_page()
    sign_in(page, house)
    stand_at(page, bought.place)
    before = inside(page)
    tried: list[str] = []
    page.on("request", lambda request: tried.append(request.url) if request.method == "POST" else None)
    for code in bought.codes:
        scan_with(page, code, suffix)
    now_inside(page, before + 2)
    expect(page.locator("#code")).to_be_focused()
    expect(page.locator("#code")).to_have_value("")
    assert len(tried) == 2
    # Where one stands is none of the scanner's business, however it ends.
    page.locator("details.standing summary").click()
    page.get_by_label("Nome do seu portão").focus()
    scan_with(page, bought.codes[0], suffix)
    says(page, "Já entrou")
    expect(page.locator("#gate")).to_have_value("Portão 2")
    expect(page.locator("#code")).to_be_focused()


def test_several_codes_that_are_pasted_are_each_tried(
    new_page: NewPage, house: LiveServer, bought: Bought
) -> None:
    page = new_page()
    sign_in(page, house)
    stand_at(page, bought.place)
    before = inside(page)
    page.keyboard.insert_text("\t".join(bought.codes))
    now_inside(page, before + 2)
    expect(page.locator("#_verdict")).to_contain_text("Vieram 2 códigos de uma vez.")
    expect(page.locator("#_verdict .others li")).to_have_count(1)
    expect(page.locator("#code")).to_have_value("")


def test_a_short_code_by_a_scanner_with_tab(new_page: NewPage, house: LiveServer, bought: Bought) -> None:
    page = new_page()
    sign_in(page, house)
    stand_at(page, bought.place)
    page.keyboard.type("ZZZZZZZZZZ")
    page.keyboard.press("Tab")
    says(page, "Não existe")
    expect(page.locator("#code")).to_be_focused()


def test_tab_of_a_person_moves_on(new_page: NewPage, house: LiveServer) -> None:
    page = new_page()
    sign_in(page, house)
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type("K7QF2M9XRT", delay=120)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Conferir")).to_be_focused()
    expect(page.locator("#code")).to_have_value("K7QF2M9XRT")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.press("Enter")
    says(page, "Não existe")
    page.locator("#code").focus()
    page.wait_for_timeout(400)  # longer than a scanner's pause: this Tab belongs to nothing before
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Conferir")).to_be_focused()


def test_a_scanner_of_another_layout_lets_its_people_in(
    new_page: NewPage, house: LiveServer, bought: Bought
) -> None:
    page = new_page()
    sign_in(page, house)
    stand_at(page, bought.place)
    german = str.maketrans("YZ", "ZY")
    scan(page, bought.codes[0].translate(german))
    says(page, "Pode entrar")
    scan(page, bought.codes[1][:140] + "~" * 12)
    says(page, "Leitura trocada")
    expect(page.locator("#_verdict")).to_contain_text("O ingresso pode estar certo.")
