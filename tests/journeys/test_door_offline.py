"""Journeys at a door whose network fails: it decides by itself, keeps what it decided, and tells the server later."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.conftest import BROWSER_SECONDS
from tests.journeys.door_steps import (
    BoughtTickets,
    expect_verdict,
    open_at_noon,
    scan,
    sign_in,
    stand_at,
)
from tests.live_server import ROOT, LiveServer

NewPage = Callable[..., Page]
STRIP = "[data-offline-strip]"
KEPT = """async () => [
    ...(await indexedDB.databases()).map(({ name }) => name),
    ...await caches.keys(),
    ...(await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
]"""


@pytest.fixture(scope="module")
def server(live_server: LiveServer) -> LiveServer:
    return open_at_noon(live_server)


Bought = tuple[list[str], str]


@pytest.fixture(scope="module")
def stock() -> list[Bought]:
    """Tickets that are bought and not yet used by a test."""
    return []


@pytest.fixture
def bought(new_page: NewPage, server: LiveServer, stock: list[Bought]) -> Bought:
    """Two tickets, and the value of their screening in the door's list of places."""
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
    assert Axe().run(page).response["violations"] == []


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


def test_the_network_fails_and_comes_back(new_page: NewPage, server: LiveServer, bought: Bought) -> None:
    """Through a reload and a closed page, without network; then the server has each admission once."""
    (first, second), place = bought
    page = offline_door(new_page(), server, place, "Portão A")
    cut(page)
    scan(page, first)
    expect_verdict(page, "Pode entrar")
    expect(page.locator("#_verdict .seat b")).to_have_text(re.compile(r"^[A-Z]+\d+$"))
    expect(page.locator(STRIP)).to_contain_text("1 por enviar")
    expect_accessible(page)
    page.get_by_role("button", name="Próximo").click()
    expect_verdict(page, "Leia o QR")
    expect_accessible(page)
    scan(page, first)
    expect_verdict(page, "Já entrou")
    expect(page.locator("#_verdict")).to_contain_text("Portão A")
    scan(page, first[:100] + ("A" if first[100] != "A" else "B") + first[101:])
    expect_verdict(page, "QR falso")
    assert admitted_at(server, "Portão A") == 0

    page.reload()
    expect(page.locator(STRIP)).to_contain_text("1 por enviar")
    expect(page.locator("#_place")).to_contain_text("Portão A · Sala")
    scan(page, first)
    expect_verdict(page, "Já entrou")
    page.get_by_role("button", name="Próximo").click()
    page.get_by_role("link", name="Lista").click()
    seat = page.locator(".guest-rows li", has=page.locator(".guest-state")).first
    expect(seat).to_contain_text("entrou")
    expect_accessible(page)
    page.locator("#guest-query").fill("ninguém com este nome")
    expect(page.locator(".guest-rows li")).to_have_count(0)

    context = page.context
    page.close()
    page = context.new_page()
    page.goto(f"{server.url}/staff/guests")
    expect(page.get_by_role("heading", name="Lista da sessão")).to_be_visible()
    page.goto(f"{server.url}/staff/scan")
    expect(page.locator(STRIP)).to_contain_text("1 por enviar")
    scan(page, second)
    expect_verdict(page, "Pode entrar")
    restore(page)
    wait_for_admitted(page, server, "Portão A", 2)
    expect_verdict(page, "Pode entrar")  # the page stays as it is
    assert unsent(page) == 0
    wait_for_the_server(page)
    scan(page, second)  # now by the server, with a form that came without it
    expect_verdict(page, "Já entrou")
    expect(page.get_by_role("link", name="Próximo")).to_be_visible()


def test_a_gate_that_was_changed_without_network(
    new_page: NewPage, server: LiveServer, bought: Bought, stock: list[Bought]
) -> None:
    """It survives a reload, and the server hears of it as soon as it serves again. Old data is called old."""
    stock.append(bought)
    _, place = bought
    page = offline_door(new_page(), server, place, "Portão G")
    cut(page)
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 601_000; }")
    expect(page.locator(STRIP)).to_contain_text("com mais de 10 minutos")
    page.reload()
    page.locator("details.standing summary").click()
    expect(page.locator("#gate")).to_have_value("Portão G")
    page.locator("#gate").fill("Portão H")
    page.get_by_role("button", name="Ficar aqui").click()
    expect(page.locator("#_place")).to_contain_text("Portão H · Sala")
    page.reload()
    expect(page.locator("#_place")).to_contain_text("Portão H · Sala")
    page.route("**/staff/offline/changes*", lambda route: route.fulfill(status=503))
    page.context.set_offline(False)
    with page.expect_response("**/staff/offline/changes*"):
        pass
    expect(page.locator(STRIP)).to_contain_text("sem rede, dados de")
    page.unroute("**/staff/offline/changes*")
    expect(page.locator(STRIP)).to_be_empty()
    assert server.query("select count(*) from users.devices where name = 'Portão H'") == [(1,)]
    page.route("**/staff/offline/changes*", lambda route: route.fulfill(status=503))
    expect(page.locator(STRIP)).to_contain_text("sem rede, dados de")
    page.unroute("**/staff/offline/changes*")
    expect(page.locator(STRIP)).to_be_empty()
    page.reload()
    expect(page.locator("#gate")).to_have_value("Portão H")
    expect(page.locator("#_place")).to_contain_text("Portão H · Sala")


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


def test_a_device_that_is_revoked_without_network_forgets(
    new_page: NewPage, server: LiveServer, bought: Bought
) -> None:
    _, place = bought
    page = offline_door(new_page(), server, place, "Portão E")
    assert page.evaluate(KEPT)
    cut(page)
    server.query("update users.devices set revoked_at = now() where name = 'Portão E'")
    page.context.set_offline(False)
    expect(page.locator("[data-offline=off]")).to_be_attached()
    page.wait_for_function(f"async () => !(await ({KEPT})()).length")
    page.wait_for_load_state()  # the page has loaded again
    scan(page, "K7QF2M9XRT")
    expect_verdict(page, "Não existe")


def test_signing_out_forgets(new_page: NewPage, server: LiveServer, bought: Bought) -> None:
    """What was not sent yet is sent first."""
    (ticket, _), place = bought
    page = offline_door(new_page(), server, place, "Portão F")
    cut(page)
    scan(page, ticket)
    expect_verdict(page, "Pode entrar")
    page.route("**/staff/offline/**", lambda route: route.abort())
    page.context.set_offline(False)
    page.unroute("**/staff/offline/**")
    page.goto(f"{server.url}/account")
    page.get_by_role("button", name="Sair", exact=True).click()
    page.wait_for_url(f"{server.url}/")
    assert page.evaluate(KEPT) == []
    assert admitted_at(server, "Portão F") == 1


def next_build(folder: Path) -> Path:
    """A copy of the program whose page and service worker of the door have other scripts; the old ones are gone."""
    for part in ("app", "kiosk", "migrations", "templates", "static"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copy(ROOT / "wsgi.py", folder)
    static = folder / "static"
    names: dict[str, str] = json.loads((static / "dist/manifest.json").read_text())
    for name, words in (
        ("entry_door", 'document.documentElement.dataset.build = "next";'),
        ("entry_door_worker", "// next"),
    ):
        script = (static / names[f"{name}.js"]).read_text() + words
        for old in static.glob(f"dist/{name}.*"):
            old.unlink()
        names[f"{name}.js"] = f"dist/{name}.NEXT0001.js"
        (static / names[f"{name}.js"]).write_text(script)
    (static / "dist/manifest.json").write_text(json.dumps(names))
    return folder


def test_a_kept_page_works_with_the_next_build_until_it_is_loaded(
    new_page: NewPage, server: LiveServer, bought: Bought, tmp_path: Path
) -> None:
    """The page of the old build goes on, with network and without; loaded again it is the new one, which is kept."""
    (first, second), place = bought
    page = offline_door(new_page(), server, place, "Portão G")
    is_next = page.locator("html[data-build=next]")
    kept_before = page.evaluate("() => caches.keys()")
    server.kill_web()
    try:
        server.start_web(next_build(tmp_path / "next"))
        page.wait_for_function("() => document.documentElement.dataset.network === 'on'")
        wait_for_the_server(page)
        scan(page, first)
        expect_verdict(page, "Pode entrar")
        assert admitted_at(server, "Portão G") == 1
        cut(page)
        page.reload()
        expect(page.locator(STRIP)).to_contain_text("sem rede, dados de")
        scan(page, second)
        expect_verdict(page, "Pode entrar")
        restore(page)
        wait_for_admitted(page, server, "Portão G", 2)
        expect(is_next).to_have_count(0)
        assert page.evaluate("() => caches.keys()") == kept_before

        page.reload()
        expect(is_next).to_be_attached()
        ready(page)
        assert len(page.evaluate("() => caches.keys()")) == 1
        assert page.evaluate("() => caches.keys()") != kept_before
        cut(page)
        page.reload()
        expect(is_next).to_be_attached()
        scan(page, first)
        expect_verdict(page, "Já entrou")
    finally:
        server.kill_web()
        server.start_web()
