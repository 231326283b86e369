"""Data and steps of journeys in which several customers meet: screenings, orders of others, seats on the map."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import Page, expect

from app.core import config, db
from app.core.config import Settings
from app.events.service import Screening
from app.orders.service import OrderView
from app.products.catalogue import MENU_SECONDS
from tests.journeys.purchase_steps import TIMEOUT_MS, fill_in_buyer, go_on_to_checkout, press_continue
from tests.live_server import LiveServer
from tests.orders import concessions, purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of


def add_product(screening: Screening, *, name: str = "Pipoca") -> int:
    """Add a product at the screening's site; returns its id when no process has an older menu in its cache."""
    product_id = concessions.add_product(screening, name=name)
    time.sleep(MENU_SECONDS)
    return product_id


@dataclass
class Journey:
    """The live server; this process is connected to its database and can act as other customers."""

    server: LiveServer

    def make_screening(self, *rows: str, starts_in: timedelta = timedelta(hours=3)) -> Screening:
        """A screening in a new auditorium."""
        return make_screening(*rows, starts_in=starts_in)

    def order_by_another_visitor(
        self, screening: Screening, names: str, visitor: str = "another"
    ) -> OrderView:
        """Hold these seats for another visitor."""
        return purchases.start(screening, seat_ids(seat_plan_of(screening), names), visitor)

    def order_at(self, address: str) -> OrderView:
        """The current state of the order that the address belongs to."""
        found = re.search(r"/orders/([\w-]+)", address)
        assert found is not None
        return purchases.order(found[1])

    def open_map(self, page: Page, screening: Screening) -> None:
        page.goto(f"{self.server.url}/screenings/{screening.id}")
        expect(page.locator("form[data-seats]")).to_be_visible()

    def choose_seats(self, page: Page, screening: Screening, names: str) -> str:
        """Choose these seats on the map and go on to the ticket types; returns the order's address."""
        self.open_map(page, screening)
        for name in names.split():
            page.locator(f"#{name}").check(force=True)
        press_continue(page)
        page.wait_for_url("**/types")
        return page.url.removesuffix("/types")

    def go_to_checkout(self, page: Page) -> None:
        """Go from the ticket types to the checkout, with full prices and no concessions, and fill in the buyer."""
        go_on_to_checkout(page)
        fill_in_buyer(page)

    def go_to_pix_code(self, page: Page) -> None:
        self.go_to_checkout(page)
        press_continue(page)
        page.wait_for_url("**/payment")
        expect(page.locator("#pix-code")).to_be_visible(timeout=TIMEOUT_MS)


@contextmanager
def connected_journey(server: LiveServer, settings: Settings) -> Iterator[Journey]:
    """Connect `core.db` and the settings of this process to the live server until the end of the block."""
    config.use(settings.changed(database={"url": server.database_url}))
    db.connect(server.database_url, pool_size=2)
    try:
        yield Journey(server)
    finally:
        db.connect(settings.database.url or "", pool_size=settings.database.pool_size)
        config.use(settings)
