"""A whole purchase with a snack, from the seat map to the paid page, through the pages' own forms."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass

from tools.bench.holds import Tickets
from tools.bench.http import Answer, Broken, Browser, form
from tools.bench.load import percentiles
from tools.bench.server import BenchServer

POLL_SECONDS = 0.25  # as static/js/payment_wait.js asks at first


@dataclass(frozen=True)
class Purchases:
    per_second: float
    p50_ms: float
    p95_ms: float
    requests: float
    bought: int


class Failed(Exception):
    """A step of the purchase did not go on."""


async def buy(browser: Browser, screening_id: int, seats: tuple[int, ...]) -> str:
    """Buy two tickets and a snack; returns the path of the paid order. Raises Failed."""
    order, page = await _order(browser, screening_id, seats)
    buyer = {"name": "Ana Souza", "email": "ana@example.com", "method": "pix"}
    page = await _step(browser, page.text, f"{order}/checkout", buyer)
    await _wait(browser, page.text, order)
    return order


async def to_checkout(port: int, screening_id: int, seats: tuple[int, ...]) -> tuple[str, str]:
    """Go as far as the checkout; returns the customer's cookies and the page's path."""
    browser = Browser(port)
    order, _ = await _order(browser, screening_id, seats)
    browser.close()
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items()), f"{order}/checkout"


async def _order(browser: Browser, screening_id: int, seats: tuple[int, ...]) -> tuple[str, Answer]:
    """From the map to the checkout: the order's path and the checkout page."""
    action = f"/screenings/{screening_id}/orders"
    page = await browser.get(f"/screenings/{screening_id}")
    fields = [pair for pair in form(page.text, action) if pair[0] not in ("seat", "quantity")]
    page = await browser.post(action, [*fields, *(("seat", str(seat)) for seat in seats)])
    order = _order_path(browser, page.status)
    page = await _step(browser, page.text, f"{order}/types", {"age": "yes"})
    snack = re.search(r'name="(quantity-\d+)"', page.text)
    page = await _step(browser, page.text, f"{order}/concessions", {snack[1]: "1"} if snack else {})
    return order, page


def _order_path(browser: Browser, status: int) -> str:
    found = re.match(r"/orders/[^/?]+", browser.path)
    if status != 200 or found is None:
        raise Failed(f"{status} at {browser.path}")
    return found[0]


async def _step(browser: Browser, html: str, action: str, values: dict[str, str]) -> Answer:
    """Send the form of `action` as the page fills it, with `values` over it."""
    fields = [pair for pair in form(html, action) if pair[0] not in values]
    answer = await browser.post(action, [*fields, *values.items()])
    if answer.status != 200:
        raise Failed(f"{answer.status} at {action}")
    return answer


async def _wait(browser: Browser, html: str, order: str) -> None:
    """Ask as the waiting page does, until it becomes the order's own page."""
    deadline = time.monotonic() + 20
    while browser.path != order:
        charge = re.search(r'data-charge="([^"]*)" data-seen="([^"]*)"', html)
        if charge is None or time.monotonic() > deadline:
            raise Failed(f"not paid: {browser.path}")
        await asyncio.sleep(POLL_SECONDS)
        seen = charge[2].replace("+", "%2B")
        answer = await browser.get(f"{order}/payment/status?charge={charge[1]}&seen={seen}")
        if elsewhere := answer.header("HX-Redirect"):
            page = await browser.get(elsewhere)
            if page.status != 200:
                raise Failed(f"{page.status} at {elsewhere}")
        elif answer.status == 200:
            html = answer.text


def purchases(server: BenchServer, tickets: Tickets, *, clients: int = 16, number: int = 100) -> Purchases:
    """So many purchases by `clients` customers at once; each is a new visitor."""
    return asyncio.run(_purchases(server, tickets, clients, number))


async def _purchases(server: BenchServer, tickets: Tickets, clients: int, number: int) -> Purchases:
    times: list[float] = []
    requests: list[int] = []
    waiting = [tickets.next() for _ in range(number)]

    async def customers() -> None:
        while waiting:
            began = time.perf_counter()
            browser = Browser(server.port)
            try:
                await buy(browser, *waiting.pop())
            except Broken as error:
                raise Failed(str(error)) from error
            finally:
                browser.close()
            times.append(time.perf_counter() - began)
            requests.append(browser.requests)

    began = time.perf_counter()
    await asyncio.gather(*(customers() for _ in range(clients)))
    took = time.perf_counter() - began
    return Purchases(len(times) / took, *percentiles(times), sum(requests) / len(requests), len(times))


async def count_requests(server: BenchServer, tickets: Tickets, *, number: int = 8) -> float:
    """Requests of a purchase by one customer at a time, redirects included: the mean of `number`."""
    counts: list[int] = []
    for _ in range(number):
        browser = Browser(server.port)
        await buy(browser, *tickets.next())
        browser.close()
        counts.append(browser.requests)
    return sum(counts) / number
