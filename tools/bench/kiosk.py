"""A purchase of two seats and a combo at a paired kiosk: its touches in a browser, and the server's processor time."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tools.bench import purchase
from tools.bench.http import Browser, form
from tools.bench.processor import spent
from tools.bench.report import Figure, at_most, show
from tools.bench.server import BenchServer
from tools.bench.turns import Sample, in_turns
from tools.build.system import find_browser
from tools.kiosk.pairing import pair_waiting

PURCHASES = 16  # in each turn, one after another, as one screen sells
MOST_TOUCHES = 10
LIMIT = 350.0
# Half of their seats are free, so the best seats together are found.
_SCREENINGS = """
    select s.id from events.screenings s join events.auditoriums a on a.id = s.auditorium_id
    where a.cinema_id = (select min(id) from events.cinemas) and s.status = 'scheduled'
      and s.starts_at > now() + interval '1 hour'
      and (select count(*) from events.seats p where p.auditorium_id = a.id)
        > 2 * (select count(*) from reservations.seat_claims c where c.screening_id = s.id)
    order by s.starts_at, s.id
"""
_WAIT_MS = 30_000


@dataclass
class Kiosk:
    """A paired kiosk; `screenings` are those of its site, one for each purchase in turn."""

    server: BenchServer
    screenings: Iterator[int]
    cookies: dict[str, str] = field(default_factory=dict)

    def sell(self) -> Sample:
        """Make purchases, each from the touch on the attract page to the end of the visit."""
        before, began = spent(self.server), time.perf_counter()
        asyncio.run(self._sell())
        took, used = time.perf_counter() - began, spent(self.server) - before
        return Sample(PURCHASES / took, used.answering / PURCHASES)

    async def _sell(self) -> None:
        browser = Browser(self.server.port)
        browser.cookies.update(self.cookies)
        for _ in range(PURCHASES):
            await _buy(browser, next(self.screenings))
        browser.close()


def measure(server: BenchServer, hello: Callable[[], Sample]) -> None:
    """Measure the touches, then the processor time in turns with the hello page."""
    screenings = itertools.cycle([row[0] for row in server.query(_SCREENINGS)])
    kiosk = Kiosk(server, screenings, asyncio.run(_pair(server)))
    count = touches(kiosk)
    name = "touches of a kiosk purchase"
    show(
        Figure(name, "-", note="no Chromium here")
        if count is None
        else at_most(name, count, MOST_TOUCHES, "")
    )
    found = in_turns({"hello": hello}, kiosk.sell)["hello"].processor
    note = f"{found.figure * 1000:.1f} ms of {found.bound * 1000:.2f} ms; {found.spread}"
    title = "server time of a kiosk purchase / hello, processor time"
    show(at_most(title, found.value, LIMIT, "", note=note, digits=1))


async def _pair(server: BenchServer) -> dict[str, str]:
    """Pair a machine as a manager does; returns its cookies."""
    browser = Browser(server.port)
    for confirm in (True, False):
        page = await browser.get("/kiosk")
        await browser.post("/kiosk/pairing", form(page.text, "/kiosk/pairing"))
        if confirm and pair_waiting(server.postgres.url) is None:
            raise purchase.Failed("no machine waits for its pairing")
    browser.close()
    return browser.cookies


async def _buy(browser: Browser, screening_id: int) -> None:
    page = await browser.get("/kiosk")
    begin = [*form(page.text, "/kiosk/visits"), ("next", f"/screenings/{screening_id}")]
    page = await browser.post("/kiosk/visits", begin)
    order, page = await purchase.best_seats(browser, page.text, screening_id)
    page = await purchase.step(browser, page.text, f"{order}/types", {"age": "yes"})
    combo = re.search(r'name="(quantity-\d+)"', page.text)  # the combos come first
    chosen = {combo[1]: "1"} if combo else {}
    page = await purchase.step(browser, page.text, f"{order}/concessions", chosen)
    end = form(page.text, "/kiosk/leave")
    page = await purchase.step(browser, page.text, f"{order}/checkout", {"method": "pix"})
    await purchase.wait_until_paid(browser, page.text, order)
    await browser.post("/kiosk/leave", end)


def touches(kiosk: Kiosk) -> int | None:
    """The touches of a purchase in Chromium, from the attract page to the end; None without Chromium."""
    program = find_browser()
    if program is None:
        return None
    from playwright.sync_api import Locator, sync_playwright

    count = 0

    def touch(target: Locator) -> None:
        nonlocal count
        target.tap(timeout=_WAIT_MS)
        count += 1

    address = f"http://127.0.0.1:{kiosk.server.port}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(program), args=["--no-sandbox", "--disable-gpu"]
        )
        context = chromium.new_context(viewport={"width": 1080, "height": 1920}, has_touch=True)
        context.add_cookies([{"name": n, "value": v, "url": address} for n, v in kiosk.cookies.items()])
        page = context.new_page()
        page.goto(f"{address}/kiosk")
        touch(page.locator(".board button").first)
        touch(page.locator("[data-best-button]"))
        page.locator("#types-form").wait_for(timeout=_WAIT_MS)
        if page.locator("input[name=age]").count():
            touch(page.locator("input[name=age]"))
        touch(page.locator("[data-bar-action]:visible").first)
        touch(page.locator(".combo button[name=add]").first)
        touch(page.locator("[data-bar-action]:visible").first)
        page.locator("#checkout-form").wait_for(timeout=_WAIT_MS)
        touch(page.locator("[data-bar-action]:visible").first)
        touch(page.locator(".kiosk-paid form .button"))
        page.locator(".attract").wait_for(timeout=_WAIT_MS)
        chromium.close()
    return count
