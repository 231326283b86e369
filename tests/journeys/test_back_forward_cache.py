"""The back button with the back-forward cache: the page has its former once-token and ticked seats."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app.core import db
from app.reservations import service as reservations
from tests.chromium import Chromium
from tests.journeys.journey_data import Journey
from tests.journeys.purchase_steps import press_continue


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    """A page of a browser with the back-forward cache, which the browser of the other tests has switched off."""
    kept = chromium.launch(ignore_default_args=["--disable-back-forward-cache"])
    yield kept.new_page(locale="pt-BR", viewport={"width": 390, "height": 844})
    kept.close()


def test_other_seats_after_the_back_button_are_the_seats_of_the_order(journey: Journey, page: Page) -> None:
    screening = journey.make_screening("oooooo", "oooooo")
    journey.open_map(page, screening)
    once = page.locator("#seats input[name=once]").input_value()
    orders = set()
    for names in ("A1 A2", "B3 B4", "B5 B6"):
        # Tick them at once: the live seats can disable one of them at any moment.
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
        page.go_back(wait_until="commit")  # a page from the cache fires no load event
        page.wait_for_url("**/screenings/*", wait_until="commit")
    assert len(orders) == 1
