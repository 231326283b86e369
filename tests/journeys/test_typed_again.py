"""Nothing is typed twice: who leaves the checkout finds their name and e-mail there again, in this order alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from app.core.config import Settings
from tests.journeys.house import House, go_on, in_the_house
from tests.live_server import LiveServer


@pytest.fixture
def house(live_server: LiveServer, settings: Settings) -> Iterator[House]:
    with in_the_house(live_server, settings) as house:
        yield house


def test_name_and_email_wait_for_who_goes_back_a_step(new_page: Callable[..., Page], house: House) -> None:
    page = new_page()
    screening = house.room("oooooo")
    order = house.take(page, screening, "A1 A2")
    house.to_checkout(page)
    page.locator("input[name=cpf]").fill("529.982.247-25")
    page.locator("a.back").click()
    page.wait_for_url("**/concessions")
    go_on(page)
    page.wait_for_url("**/checkout")
    expect(page.locator("input[name=name]")).to_have_value("Ana Luísa Prado")
    expect(page.locator("input[name=email]")).to_have_value("ana@example.com")
    expect(page.locator("input[name=cpf]")).to_have_value("")

    # A mistake is answered with what was typed; that waits too.
    page.locator("input[name=email]").fill("ana@")
    go_on(page)
    expect(page.locator("#email-error")).to_be_visible()
    page.goto(f"{order}/types")
    page.goto(f"{order}/checkout")
    expect(page.locator("input[name=email]")).to_have_value("ana@")

    # Another order in the same tab, perhaps another person's, knows nothing of it.
    other = house.take(page, screening, "A5 A6")
    go_on(page)
    page.wait_for_url("**/concessions")
    go_on(page)
    page.wait_for_url("**/checkout")
    expect(page.locator("input[name=name]")).to_have_value("")

    # What was sent is the order's own and kept nowhere else.
    page.goto(f"{order}/checkout")
    page.locator("input[name=email]").fill("ana@example.com")
    go_on(page)
    page.wait_for_url("**/payment")
    assert house.order_at(order).name == "Ana Luísa Prado"
    kept = page.evaluate("Object.keys(sessionStorage).filter(name => sessionStorage[name].includes('Ana'))")
    assert kept == []
    assert house.order_at(other).state == "draft"
