"""Steps at a door page whose device works without network: cutting the network, restoring it, what is still to send."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.conftest import BROWSER_SECONDS
from tests.journeys.axe_checks import violations
from tests.journeys.door_steps import BoughtTickets, sign_in, stand_at
from tests.live_server import LiveServer

NewPage = Callable[..., Page]
Bought = tuple[
    list[str], str
]  # the codes of two tickets, and their screening's value in the door's list of places
STRIP = "[data-offline-strip]"


def take_two_tickets(stock: list[Bought], new_page: NewPage, server: LiveServer) -> Bought:
    """Two tickets that no other test uses. `stock` keeps those that were bought with them, for the next test."""
    if not stock:
        tickets = BoughtTickets(new_page(), server, quantity=4)
        stock += [(tickets.codes[start : start + 2], tickets.place) for start in (0, 2)]
    return stock.pop()


def offline_door(page: Page, server: LiveServer, place: str, gate: str) -> Page:
    """Sign in at a gate, and have the device keep what it needs without network."""
    sign_in(page, server)
    stand_at(page, place, gate)
    page.locator("details.standing summary").click()
    page.get_by_role("button", name="Funcionar também sem rede").click()
    ready(page)
    return page


def ready(page: Page) -> None:
    expect(page.locator("[data-offline=on]")).to_have_attribute("data-kept", re.compile("."))


def wait_for_the_server(page: Page) -> None:
    """From now on a slow answer is no lost one."""
    page.locator("[data-offline=on]").evaluate("box => { box.dataset.patience = '30s'; }")


def cut(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator(STRIP)).to_contain_text("sem rede, dados de")


def restore(page: Page) -> None:
    page.context.set_offline(False)
    expect(page.locator(STRIP)).to_be_empty()


def expect_accessible(page: Page) -> None:
    assert violations(page) == []


def unsent(page: Page) -> int:
    found: int = page.evaluate(
        """() => new Promise((resolve) => {
            indexedDB.open("door").onsuccess = ({ target: { result } }) => {
                result.transaction("scans").objectStore("scans").count().onsuccess = (event) => {
                    result.close();
                    resolve(event.target.result);
                };
            };
        })"""
    )
    return found


def admitted_at(server: LiveServer, gate: str) -> int:
    (count,) = server.query("select count(*) from tickets.tickets where gate = %s", gate)[0]
    return int(count)


def wait_for_admitted(page: Page, server: LiveServer, gate: str, count: int) -> None:
    for _ in range(BROWSER_SECONDS * 5):
        if admitted_at(server, gate) == count:
            break
        page.wait_for_timeout(200)
    assert admitted_at(server, gate) == count
