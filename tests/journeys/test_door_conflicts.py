"""Journeys of scans that a door without network and the server both see: conflicts, and answers that come too late."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.journeys.door_steps import expect_verdict, scan
from tests.journeys.offline_door_steps import (
    STRIP,
    Bought,
    NewPage,
    cut,
    expect_accessible,
    offline_door,
    ready,
    restore,
    wait_for_admitted,
    wait_for_the_server,
)
from tests.live_server import LiveServer


def test_one_ticket_at_two_doors(new_page: NewPage, server: LiveServer, bought: Bought) -> None:
    """The server did not hear of the first: both doors say who went in twice, until staff have seen it."""
    (ticket, _), place = bought
    alone = offline_door(new_page(), server, place, "Portão B")
    other = offline_door(new_page(), server, place, "Portão C")
    cut(alone)
    scan(alone, ticket)
    expect_verdict(alone, "Pode entrar")
    scan(other, ticket)
    expect_verdict(other, "Pode entrar")
    restore(alone)
    for page in (alone, other):
        notice = page.locator("[data-offline-conflicts] li")
        expect(notice).to_contain_text(re.compile(r"^\s*[A-Z]+\d+ entrou em duas portas: .*Portão"))
    expect_accessible(alone)
    alone.get_by_role("button", name="Visto").click()
    expect(alone.locator("[data-offline-conflicts] li")).to_have_count(0)
    alone.reload()
    ready(alone)
    expect(alone.locator("[data-offline-conflicts] li")).to_have_count(0)


def test_an_answer_that_comes_late_is_the_same_scan(
    new_page: NewPage, server: LiveServer, bought: Bought
) -> None:
    """The server admitted the ticket, but the page did not hear it: one admission, no conflict, one verdict."""
    (ticket, other), place = bought
    page = offline_door(new_page(), server, place, "Portão D")
    lost: list[str] = []

    def answer_is_lost(route: Any) -> None:
        lost.append(str(route.fetch().status))
        route.abort()

    page.route("**/staff/admissions", answer_is_lost)
    scan(page, ticket)
    expect_verdict(page, "Pode entrar")
    page.unroute("**/staff/admissions")
    wait_for_admitted(page, server, "Portão D", 1)
    page.wait_for_function("() => document.documentElement.dataset.network === 'on'")
    assert lost == ["200"]
    scan(page, other)
    expect_verdict(page, "Pode entrar")
    wait_for_admitted(page, server, "Portão D", 2)
    assert server.query("select count(*) from tickets.door_conflicts where gate = 'Portão D'")[0][0] == 0
    # While only the data fails, the server goes on deciding.
    page.route("**/staff/offline/changes*", lambda route: route.fulfill(status=500))
    with page.expect_response("**/staff/offline/changes*"):
        pass
    wait_for_the_server(page)
    scan(page, other)
    expect_verdict(page, "Já entrou")
    expect(page.get_by_role("link", name="Próximo")).to_be_visible()
    expect(page.locator(STRIP)).to_be_empty()
