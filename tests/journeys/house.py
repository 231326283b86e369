"""What the journeys of several people share: a small room in the running house, and the steps that all of them take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from app.core import config, db
from app.core.config import Settings
from app.events.service import Screening
from app.orders.service import OrderView
from tests.live_server import LiveServer
from tests.orders import buying
from tests.reservations.rooms import ids, make_screening, plan_of

SECONDS = 20_000


@dataclass
class House:
    """The running house, with this process on its database too: to bring about what others do meanwhile."""

    server: LiveServer

    def room(self, *rows: str) -> Screening:
        """A screening in a room of its own."""
        return make_screening(*rows)

    def order_of_another(self, screening: Screening, names: str, visitor: str = "another") -> OrderView:
        """Somebody else holds these seats."""
        return buying.start(screening, ids(plan_of(screening), names), visitor)

    def order_at(self, address: str) -> OrderView:
        """The order as it stands, by any of its addresses."""
        found = re.search(r"/orders/([\w-]+)", address)
        assert found is not None
        return buying.order(found[1])

    def open_map(self, page: Page, screening: Screening) -> None:
        page.goto(f"{self.server.url}/screenings/{screening.id}")
        expect(page.locator("form[data-seats]")).to_be_visible()

    def take(self, page: Page, screening: Screening, names: str) -> str:
        """From the map to the ticket types with these seats; the order's address."""
        self.open_map(page, screening)
        for name in names.split():
            page.locator(f"#{name}").check(force=True)
        go_on(page)
        page.wait_for_url("**/types")
        return page.url.removesuffix("/types")

    def to_checkout(self, page: Page) -> None:
        """From the ticket types, all full price and nothing to eat."""
        go_on(page)
        page.wait_for_url("**/concessions")
        go_on(page)
        page.wait_for_url("**/checkout")
        page.locator("input[name=name]").fill("Ana Luísa Prado")
        page.locator("input[name=email]").fill("ana@example.com")

    def to_the_pix_code(self, page: Page) -> None:
        self.to_checkout(page)
        go_on(page)
        page.wait_for_url("**/payment")
        expect(page.locator("#pix-code")).to_be_visible(timeout=SECONDS)


@contextmanager
def in_the_house(server: LiveServer, settings: Settings) -> Iterator[House]:
    """`core.db` and the settings are the running house's until the end."""
    config.use(settings.changed(database={"url": server.database_url}))
    db.connect(server.database_url, pool_size=2)
    try:
        yield House(server)
    finally:
        db.connect(settings.database.url or "", pool_size=settings.database.pool_size)
        config.use(settings)


def go_on(page: Page) -> None:
    page.locator("[data-bar-action]:visible").click()
