"""axe finds nothing on the pages of staff, in both languages and colour schemes, on phone and desktop."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import config, db
from app.tickets import scanned_text
from tests.door import door_fixtures as door
from tests.door.offline_fixtures import OfflineDoor
from tests.journeys.axe_checks import DEVICES, AxeChecks, NewPage
from tests.users.account_data import PASSWORD, make_account


@pytest.fixture
def checks(app: Flask, new_page: NewPage, language: str, device: Mapping[str, object]) -> AxeChecks:
    return AxeChecks(app, new_page, language, device)


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_staff_pages(checks: AxeChecks) -> None:
    make_account("porta@example.org", role="door")
    checks.ana.post("/account/sign-in", {"email": "porta@example.org", "password": PASSWORD})
    checks.at("account of the door", "/account")
    make_account("gerente@example.org", role="manager")
    checks.ana.post("/account/sign-in", {"email": "gerente@example.org", "password": PASSWORD})
    _report_a_conflict(OfflineDoor(checks.app, door.make_door_screening()))
    checks.at("the keys", "/staff/keys")
    checks.after("a block that is not confirmed", checks.ana.post("/staff/keys/blocked"), 422)
    checks.at("conflicts at the doors", "/staff/conflicts")
    checks.at("devices", "/staff/devices")
    checks.at("second factors of staff", "/staff/second-factors")
    checks.ana.post("/account/second-factor", {"password": PASSWORD})
    checks.after(
        "a wrong first code", checks.ana.post("/account/second-factor/confirmation", {"code": "1"}), 422
    )
    assert checks.found == []


def _report_a_conflict(phone: OfflineDoor) -> None:
    (ticket, _) = door.issue_tickets(phone.screening)
    phone.sync(phone.scanned(ticket), phone.scanned(ticket))


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_the_door(checks: AxeChecks) -> None:
    screening = door.make_door_screening()
    make_account("gerente@example.org", role="manager")
    checks.ana.post("/account/sign-in", {"email": "gerente@example.org", "password": PASSWORD})
    checks.at("the door waits", "/staff/scan")
    checks.browser.page.locator("details.standing").evaluate("one => one.open = true")
    checks.here("where staff stand")
    checks.after(
        "a place that is none", checks.ana.post("/staff/place", {"place": "x", "gate": "x" * 99}), 422
    )
    checks.after("nothing was scanned", checks.ana.post("/staff/admissions", {"code": ""}), 422)
    for name, (make, _kind, in_english, _in_portuguese) in door.SCAN_CASES.items():
        door.delete_tickets()
        sent = checks.ana.post(
            "/staff/admissions", {"code": make(screening), "place": f"screening-{screening.id}"}
        )
        checks.at(f"door, {name} ({in_english})", sent.location)
    door.delete_tickets()
    here = {"code": door.issue_tickets(screening)[0].code, "place": f"screening-{screening.id}"}
    config.use(config.settings().changed(cinema={"doors_open_minutes": 1}))
    checks.at("door, too early, to a supervisor", checks.ana.post("/staff/admissions", here).location)
    link = checks.browser.page.get_by_role("link", name=re.compile("Supervis"))
    checks.at("a supervisor decides", str(link.get_attribute("href")))
    checks.at("a supervisor's PIN", "/staff/pin")
    checks.at("the guest list", "/staff/guests")
    checks.at("a search that finds nothing", "/staff/guests?q=nobody")
    with db.transaction() as session:  # the minute of the misses above could end before those below
        session.execute(text("delete from core.throttle"))
    for _ in range(scanned_text.MISSES_PER_MINUTE):
        checks.ana.post("/staff/admissions", {"code": "AAAAAAAAAA"})
    checks.after("too many wrong codes", checks.ana.post("/staff/admissions", {"code": "AAAAAAAAAA"}), 429)
    checks.browser.page.evaluate(
        """() => document.getElementById('_verdict').replaceWith(
        document.querySelector('template[data-no-answer]').content.cloneNode(true))"""
    )
    checks.here("the server does not answer")
    assert checks.found == []
