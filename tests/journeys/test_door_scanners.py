"""Scanners that end a code with Tab, a line feed or nothing, and people who navigate with Tab."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, Route, expect

from app.tickets import signing_keys
from tests.door.door_fixtures import SOON, issue_tickets
from tests.journeys.door_steps import expect_admitted, expect_verdict, scan, sign_in
from tests.journeys.journey_data import Journey
from tests.reservations.auditoriums import make_screening

SUFFIXES = {
    "tab": ["Tab"],
    "nothing": [],
    "carriage return and line feed": ["Enter", "Control+j"],
    "two tabs": ["Tab", "Tab"],
}


class Door:
    """The scan page of a screening's door, and the QR texts of two tickets to it."""

    def __init__(self, page: Page, journey: Journey) -> None:
        signing_keys.clear_cache()
        screening = make_screening("oooooooooo", starts_in=SOON)
        self.codes = [ticket.qr_text for ticket in issue_tickets(screening)]
        page.context.add_cookies(
            [
                {
                    "name": "door_place",
                    "value": f"screening-{screening.id}",
                    "url": f"{journey.server.url}/staff/",
                }
            ]
        )
        sign_in(page, journey.server)
        self.page = page
        self.tried: list[str] = []
        page.on("request", self._note)
        expect(page.locator("#code")).to_be_focused()

    def _note(self, request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/staff/admissions"):
            self.tried.append(request.url)


@pytest.fixture
def door(page: Page, journey: Journey) -> Door:
    return Door(page, journey)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_code_is_tried_with_any_suffix(door: Door, suffix: str) -> None:
    page = door.page
    for code in door.codes:
        scan(page, code, SUFFIXES[suffix])
    expect_admitted(page, 2)
    expect(page.locator("#code")).to_be_focused()
    expect(page.locator("#code")).to_have_value("")
    assert len(door.tried) == 2


@pytest.mark.parametrize("suffix", ["tab", "two tabs"])
def test_a_scan_does_not_change_the_focused_field(door: Door, suffix: str) -> None:
    page = door.page
    page.locator("details.standing summary").click()
    page.get_by_label("Nome do seu portão").focus()
    scan(page, "ZZZZZZZZZZ", SUFFIXES[suffix])
    expect_verdict(page, "Não existe")
    expect(page.locator("#gate")).to_have_value("Portão 1")
    expect(page.locator("#code")).to_be_focused()


def test_several_codes_that_are_pasted_are_each_tried(door: Door) -> None:
    page = door.page
    page.keyboard.insert_text("\t".join(door.codes))
    expect_admitted(page, 2)
    expect(page.locator("#_verdict")).to_contain_text("Vieram 2 códigos de uma vez.")
    expect(page.locator("#_verdict .others li")).to_have_count(1)
    expect(page.locator("#code")).to_have_value("")


def test_a_short_code_by_a_scanner_with_tab(door: Door) -> None:
    page = door.page
    scan(page, "ZZZZZZZZZZ", ["Tab"])
    expect_verdict(page, "Não existe")
    expect(page.locator("#code")).to_be_focused()


def test_tab_of_a_person_moves_the_focus(door: Door) -> None:
    page = door.page
    page.keyboard.type("K7QF2M9XRT", delay=120)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Conferir")).to_be_focused()
    expect(page.locator("#code")).to_have_value("K7QF2M9XRT")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.press("Enter")
    expect_verdict(page, "Não existe")
    page.wait_for_timeout(400)  # longer than a scanner's pause, so this Tab does not belong to a scan
    page.keyboard.press("Tab")
    expect(page.locator("#code")).not_to_be_focused()


def test_a_scanner_of_another_layout_admits(door: Door) -> None:
    page = door.page
    scan(page, door.codes[0].translate(str.maketrans("YZ", "ZY")))
    expect_verdict(page, "Pode entrar")
    scan(page, door.codes[1][:140] + "~" * 12)
    expect_verdict(page, "Leitura trocada")
    expect(page.locator("#_verdict")).to_contain_text("O ingresso pode estar certo.")


def test_a_scan_on_a_page_without_a_code_field_is_tried(door: Door) -> None:
    """In the search of the guest list, in a supervisor's note, and on a radio button: the scan page tries it."""
    page = door.page
    (first, second), guests = door.codes, page.url.replace("/scan", "/guests")
    page.goto(guests)
    page.get_by_label("Nome, lugar ou código").focus()
    scan(page, first, ["Tab"])
    expect_verdict(page, "Pode entrar")
    expect(page.locator("#code")).to_be_focused()
    page.get_by_role("link", name="Desfazer").click()
    page.get_by_label("Em poucas palavras").fill("celular errado")
    scan(page, second)
    expect_verdict(page, "Pode entrar")
    page.go_back()
    page.get_by_role("radio").first.focus()
    scan(page, second, [])
    expect_verdict(page, "Já entrou")
    assert len(door.tried) == 3
    # What a person types is a search.
    page.goto(guests)
    page.get_by_label("Nome, lugar ou código").focus()
    page.keyboard.type("ninguém assim")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nenhum ingresso com isso.")).to_be_visible()


class LateScripts:
    """Loads the page again, and holds back its scripts until `arrive`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.held: list[Route] | None = []
        page.route("**/static/dist/*.js", self._hold)
        page.reload(wait_until="commit")
        expect(page.locator("#code")).to_be_focused()

    def _hold(self, route: Route) -> None:
        if self.held is None:
            route.continue_()
        else:
            self.held.append(route)

    def arrive(self) -> None:
        held, self.held = self.held or [], None
        for route in held:
            route.continue_()
        self.page.wait_for_load_state()


def test_scripts_that_come_late_leave_a_scan_that_has_begun(door: Door) -> None:
    page, scripts = door.page, LateScripts(door.page)
    page.keyboard.type("K7QF2")
    scripts.arrive()
    with page.expect_request("**/staff/admissions") as sent:
        scan(page, "M9XRT")
    assert "K7QF2M9XRT" in (sent.value.post_data or "")


def test_scripts_that_come_late_leave_the_focus_in_another_field(door: Door) -> None:
    page, scripts = door.page, LateScripts(door.page)
    page.locator("details.standing summary").click()
    page.get_by_label("Nome do seu portão").focus()
    scripts.arrive()
    expect(page.get_by_label("Nome do seu portão")).to_be_focused()
