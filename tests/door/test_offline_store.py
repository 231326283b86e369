"""What a door without network keeps on the device: an admission counts once, stays, and goes when it must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.door.offline_script import DoorScript

SCAN = {"nonce": "1", "at": "2026-11-29T22:41:00Z", "text": "K7QF2M9XRT"}
ADMISSION = {"ticket": "a-ticket", "at": 1, "gate": "Portão 1", "nonce": "1", "isKnown": False}


@pytest.fixture
def door(new_page: Callable[..., Page]) -> DoorScript:
    return DoorScript(new_page())


def record(page: Page, nonce: str) -> Any:
    """Record an admission of the ticket by a scan; returns the one that was there before."""
    return page.evaluate(
        """async ([scan, admission]) =>
            (await import("/door/door_store.js")).record(scan, admission)""",
        [SCAN | {"nonce": nonce}, ADMISSION | {"nonce": nonce}],
    )


def unsent(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """async () => (await (await import("/door/door_store.js")).unsent()).map(({ nonce }) => nonce)"""
    )
    return found


def test_two_tabs_of_a_device_admit_a_ticket_once(door: DoorScript) -> None:
    first, second = door.page, door.page.context.new_page()
    second.goto(first.url)
    assert record(first, "1") is None
    assert record(second, "2") == ADMISSION
    assert unsent(first) == unsent(second) == ["1"]
    second.close()
    first.reload()
    assert record(first, "3") == ADMISSION
    assert unsent(first) == ["1"]


def test_everything_is_forgotten_also_while_another_tab_is_open(door: DoorScript) -> None:
    first, second = door.page, door.page.context.new_page()
    second.goto(first.url)
    record(first, "1")
    assert unsent(second) == ["1"]
    first.evaluate("""async () => (await import("/door/door_store.js")).forget()""")
    assert first.evaluate("async () => (await indexedDB.databases()).length") == 0
    assert unsent(second) == []


def test_names_go_when_the_screening_is_over(door: DoorScript) -> None:
    names = door.page.evaluate(
        """async () => {
            const { DoorData } = await import("/door/door_data.js");
            const data = new DoorData({});
            const screening = (id, ends) => ({ id, ends: new Date(Date.now() + ends).toISOString() });
            const row = (id, at) => [id, at, "F7", "", 0, 0, id, 1, 1, "v", 0, ""];
            await data.merge({
                now: new Date().toISOString(), cursor: "1", keys: [],
                screenings: [screening(1, -60000), screening(2, 60000)],
                types: [{ name: "Inteira", proof: "", proof_number: 0 }],
                orders: [{ code: "LTZ-4720", name: "Ana" }],
                tickets: [row("over", 1), row("running", 2)],
            }, { isWhole: true, asked: 0, lang: "pt-BR" });
            return [data.deleteOldNames(), data.ticket("over").name, data.ticket("running").name];
        }"""
    )
    assert names == [[1], "", "Ana"]
