"""On the smallest phones, upright and on their side, and on laptops, the door hides nothing under its dock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask

from app.core import db
from app.users import service as users
from tests.door.door_fixtures import SCAN_CASES, Staff, delete_tickets, issue_tickets, make_door_screening
from tests.journeys.in_process_browser import InProcessBrowser
from tests.users.account_data import PASSWORD, make_account

PHONES = [(360, 640), (640, 360)]
LAPTOPS = [(1280, 800), (1366, 650), (1024, 700)]
LOWEST = """() => Math.max(...[...document.querySelectorAll(".door > :not(.dock) *")]
    .filter((one) => !one.closest("[hidden], template, .hidden-visually") && one.getClientRects().length)
    .map((one) => one.getBoundingClientRect().bottom))"""
DOCK = "() => document.querySelector('.dock').getBoundingClientRect().top"


@pytest.fixture
def staff(app: Flask) -> Staff:
    return Staff(app, "pt-BR")


def misfits(browser: InProcessBrowser, name: str, sizes: Sequence[tuple[int, int]] = PHONES) -> list[str]:
    found = []
    for width, height in sizes:
        browser.page.set_viewport_size({"width": width, "height": height})
        lowest, dock = browser.page.evaluate(LOWEST), browser.page.evaluate(DOCK)
        if lowest > dock + 1:
            found.append(f"{name} at {width} x {height}: {lowest - dock:.0f} px are under the dock")
        reached = browser.page.evaluate("() => document.documentElement.scrollHeight")
        if reached > height:
            found.append(f"{name} at {width} x {height}: {reached - height} px to scroll")
    return found


def test_nothing_is_under_the_dock(staff: Staff, new_page: Any) -> None:
    screening = make_door_screening()
    staff.stand_at(screening)
    for name in ("Eva Lopes", "Rosa Lima de Albuquerque"):
        supervisor = make_account(f"{name[0]}@example.org", role="supervisor", name=name)
        with db.transaction():
            users.set_pin(supervisor.id, PASSWORD, "470921")
    browser = InProcessBrowser(new_page, staff, viewport={"width": 360, "height": 640}, locale="pt-BR")
    half_price = issue_tickets(screening)[1]
    verdict = staff.send(half_price.code).location
    browser.open(verdict)
    found = misfits(browser, "half price, age rule and snacks")
    browser.page.locator("details.standing summary").click()
    found += misfits(browser, "the place")
    decision = re.search(r'href="(/staff/supervision/\d+)"', staff.get(verdict).text)
    assert decision is not None
    browser.open(decision[1])
    found += misfits(browser, "a supervisor decides by PIN")
    assert found == []


def test_nothing_is_under_the_dock_of_a_laptop(staff: Staff, new_page: Any) -> None:
    screening = make_door_screening()
    browser = InProcessBrowser(new_page, staff, viewport={"width": 1280, "height": 800}, locale="pt-BR")
    browser.open("/staff/scan")
    browser.page.locator("[data-camera]").evaluate("(one) => { one.dataset.camera = 'off'; }")
    found = misfits(browser, "the door waits", LAPTOPS)
    for name, (make, *_) in SCAN_CASES.items():
        delete_tickets()
        sent = staff.send(make(screening), place=f"screening-{screening.id}")
        browser.open(sent.location)
        found += misfits(browser, name, LAPTOPS)
    assert found == []
