"""Back with the browser's page cache on: the page is the one that was left, with its once-token and what was ticked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.core import db
from app.reservations import service as reservations
from tests.conftest import CHROMIUM_FLAGS
from tests.journeys.journey_data import Journey
from tests.journeys.purchase_steps import press_continue
from tools.build.system import find_browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """As people's browsers are; the one that drives the other tests has that cache turned off."""
    kept = browser.browser_type.launch(
        executable_path=find_browser(),
        args=CHROMIUM_FLAGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield kept.new_page(locale="pt-BR", viewport={"width": 390, "height": 844})
    kept.close()


def test_other_seats_after_back_are_the_ones_that_are_given(journey: Journey, page: Page) -> None:
    screening = journey.make_screening("oooooo", "oooooo")
    journey.open_map(page, screening)
    once = page.locator("#seats input[name=once]").input_value()
    orders = set()
    for names in ("A1 A2", "B3 B4", "B5 B6"):
        # At once: the live seats may disable one of them at any moment.
        page.locator("#seats input:checked:enabled").evaluate_all(
            "boxes => boxes.forEach((box) => box.click())"
        )
        for name in names.split():
            page.locator(f"#{name}").check(force=True)
        assert page.locator("#seats input[name=once]").input_value() == once
        press_continue(page)
        page.wait_for_url("**/types")
        for name in names.split():
            expect(page.get_by_role("group", name=f"Lugar {name}", exact=True)).to_be_attached()
        orders.add(page.url)
        assert [seat.name for seat in journey.order_at(page.url).seats] == names.split()
        with db.reading():
            assert len(reservations.seat_states(screening.id)) == 2
        page.go_back(wait_until="commit")  # a page out of the cache is not loaded
        page.wait_for_url("**/screenings/*", wait_until="commit")
    assert len(orders) == 1
