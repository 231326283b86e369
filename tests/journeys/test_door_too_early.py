"""A ticket before the opening time at a supervisor's device, with the keyboard alone and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.door_steps import (
    BoughtTickets,
    admitted_count,
    expect_admitted,
    expect_verdict,
    open_at_noon,
    scan,
    sign_in,
    stand_at,
)
from tests.live_server import LiveServer

NewPage = Callable[..., Page]
NOT_YET = re.compile(r"^\s*Ainda não:\s+abre às \d{1,2}h(\d\d)?\s*$")


def decide(page: Page) -> None:
    """Open the supervisor's page of the verdict, give the reason, and decide, by keyboard alone."""
    page.get_by_role("link", name="Supervisão").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Deixar entrar mesmo assim")).to_be_checked()
    page.get_by_role("radio", name="Foi lido por engano").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Decidir").focus()
    page.keyboard.press("Enter")


@pytest.fixture
def server(make_live_server: Callable[..., LiveServer]) -> LiveServer:
    return open_at_noon(make_live_server(BILHETERIA_DOORS_OPEN_MINUTES="1"))


def test_a_supervisor_admits_before_the_opening_time(new_page: NewPage, server: LiveServer) -> None:
    bought = BoughtTickets(new_page(), server)
    first, second = bought.codes
    page = new_page()
    sign_in(page, server, "manager")
    stand_at(page, bought.place)
    before = admitted_count(page)
    scan(page, first)
    expect(page.get_by_role("heading", level=1)).to_have_text(NOT_YET)
    expect_admitted(page, before)
    decide(page)
    expect_verdict(page, "Pode entrar")
    expect_admitted(page, before + 1)
    expect(page.locator("#code")).to_be_focused()
    scan(page, first)
    expect_verdict(page, "Já entrou")

    plain = new_page(java_script_enabled=False)
    sign_in(plain, server, "manager")
    plain.locator("details.standing summary").click()
    plain.get_by_label("Você está em").select_option(bought.place)
    plain.get_by_role("button", name="Ficar aqui").click()
    expect(plain.locator("#_place")).to_have_text(re.compile("Sala"))
    expect(plain.locator("#code")).to_be_focused()
    scan(plain, second)
    expect(plain.get_by_role("heading", level=1)).to_have_text(NOT_YET)
    decide(plain)
    expect_verdict(plain, "Pode entrar")
    expect_admitted(plain, before + 2)
