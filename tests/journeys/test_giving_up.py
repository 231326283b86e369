"""Giving up an order during the payment, also on a page that htmx has replaced."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.journey_data import Journey


def test_an_order_with_a_pix_code_can_be_given_up(new_page: Callable[..., Page], journey: Journey) -> None:
    page = new_page()
    screening = journey.make_screening("oooo")
    order = journey.choose_seats(page, screening, "A1 A2")
    journey.go_to_pix_code(page)
    page.get_by_role("button", name="Desistir e liberar os lugares").click()
    page.wait_for_url(f"**/screenings/{screening.id}")
    assert not journey.order_at(order).is_open
    expect(page.locator("#A1")).to_be_enabled()
