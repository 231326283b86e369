"""Journeys at a door whose network fails: it decides by itself, keeps what it decided, and tells the server later."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from playwright.sync_api import expect

from tests.journeys.door_steps import expect_verdict, scan
from tests.journeys.offline_door_steps import (
    STRIP,
    Bought,
    NewPage,
    admitted_at,
    cut,
    expect_accessible,
    offline_door,
    ready,
    restore,
    unsent,
    wait_for_admitted,
    wait_for_the_server,
)
from tests.live_server import ROOT, LiveServer

KEPT = """async () => [
    ...(await indexedDB.databases()).map(({ name }) => name),
    ...await caches.keys(),
    ...(await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
]"""


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
