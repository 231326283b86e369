"""A whole purchase with a snack, from the seat map to the paid page, through the pages' own forms.

`scripts` makes the requests of a browser with scripts: htmx sends a form with `hx-post`, and the answer is
the next page; the waiting page asks for news. Without, each form is answered by a redirect, and the waiting page is
loaded again. Pages of a version before htmx sent the forms are read too, so that two versions can be compared.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from html import unescape

from tools.bench.holds import Tickets
from tools.bench.http import Answer, Broken, Browser, form
from tools.bench.load import percentiles
from tools.bench.server import BenchServer

POLL_SECONDS = 0.25  # as static/js/payment_wait.js asks at first
RELOAD_SECONDS = 1.0  # without scripts; the page itself says 5, which would only make the run longer
_ASKS = re.compile(r'id="_payment"[^>]* hx-get="([^"]+)"')
_ASKS_BY_SCRIPT = re.compile(r'data-status="([^"]+)" data-charge="([^"]*)" data-seen="([^"]*)"')


@dataclass(frozen=True)
class Purchases:
    per_second: float
    p50_ms: float
    p95_ms: float
    requests: float
    bought: int


class Failed(Exception):
    """A step of the purchase did not go on."""


async def buy(browser: Browser, screening_id: int, seats: tuple[int, ...], *, scripts: bool = True) -> str:
    """Buy two tickets and a snack; returns the path of the paid order. Raises Failed."""
    order, page = await _order(browser, screening_id, seats, scripts)
    buyer = {"name": "Ana Souza", "email": "ana@example.com", "method": "pix"}
    page = await _step(browser, page.text, f"{order}/checkout", buyer, scripts)
    await (_wait(browser, page.text, order) if scripts else _reload(browser, order))
    return order


async def to_checkout(port: int, screening_id: int, seats: tuple[int, ...]) -> tuple[str, str]:
    """Go as far as the checkout; returns the customer's cookies and the page's path."""
    browser = Browser(port)
    order, _ = await _order(browser, screening_id, seats, scripts=False)
    browser.close()
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items()), f"{order}/checkout"


async def _order(
    browser: Browser, screening_id: int, seats: tuple[int, ...], scripts: bool
) -> tuple[str, Answer]:
    """From the map to the checkout: the order's path and the checkout page."""
    action = f"/screenings/{screening_id}/orders"
    page = await browser.get(f"/screenings/{screening_id}")
    fields = [pair for pair in form(page.text, action) if pair[0] not in ("seat", "quantity")]
    fields += [("seat", str(seat)) for seat in seats]
    page = await _send(browser, page.text, action, fields, scripts)
    order = _order_path(browser)
    page = await _step(browser, page.text, f"{order}/types", {"age": "yes"}, scripts)
    snack = re.search(r'name="(quantity-\d+)"', page.text)
    page = await _step(browser, page.text, f"{order}/concessions", {snack[1]: "1"} if snack else {}, scripts)
    return order, page


def _order_path(browser: Browser) -> str:
    found = re.match(r"/orders/[^/?]+", browser.path)
    if found is None:
        raise Failed(f"no order at {browser.path}")
    return found[0]


async def _step(browser: Browser, html: str, action: str, values: dict[str, str], scripts: bool) -> Answer:
    """Send the form of `action` as the page fills it, with `values` over it."""
    fields = [pair for pair in form(html, action) if pair[0] not in values]
    return await _send(browser, html, action, [*fields, *values.items()], scripts)


async def _send(
    browser: Browser, html: str, action: str, fields: list[tuple[str, str]], scripts: bool
) -> Answer:
    by_htmx = scripts and f'hx-post="{action}"' in html
    headers = {"HX-Request": "true", "HX-Current-URL": browser.path} if by_htmx else {}
    answer = await browser.post(action, fields, headers=headers)
    if elsewhere := answer.header("HX-Redirect"):  # such as the order's page: the bank was that quick
        return await _load(browser, elsewhere)
    _follow(browser, answer)
    if answer.status != 200:
        raise Failed(f"{answer.status} at {action}")
    return answer


def _follow(browser: Browser, answer: Answer) -> None:
    """The address that htmx shows for what it was answered."""
    if address := answer.header("HX-Push-Url"):
        browser.path = address


async def _wait(browser: Browser, html: str, order: str) -> None:
    """Ask as the waiting page does, until it becomes the order's own page."""
    deadline = time.monotonic() + 20
    while browser.path != order:
        address = _where_to_ask(html)
        if address is None or time.monotonic() > deadline:
            raise Failed(f"not paid: {browser.path}")
        await asyncio.sleep(POLL_SECONDS)
        shown = browser.path
        answer = await browser.get(address, headers={"HX-Request": "true", "HX-Current-URL": shown})
        browser.path = shown
        _follow(browser, answer)
        if elsewhere := answer.header("HX-Redirect"):
            await _load(browser, elsewhere)
        elif answer.status == 200:
            html = answer.text


def _where_to_ask(html: str) -> str | None:
    if found := _ASKS.search(html):
        return unescape(found[1])
    if found := _ASKS_BY_SCRIPT.search(html):
        return f"{found[1]}?charge={found[2]}&seen={found[3].replace('+', '%2B')}"
    return None


async def _reload(browser: Browser, order: str) -> None:
    """Load the waiting page again, until it leads to the order's own page."""
    deadline = time.monotonic() + 20
    while browser.path != order:
        if time.monotonic() > deadline:
            raise Failed(f"not paid: {browser.path}")
        await asyncio.sleep(RELOAD_SECONDS)
        await _load(browser, f"{order}/payment")


async def _load(browser: Browser, address: str) -> Answer:
    page = await browser.get(address)
    if page.status != 200:
        raise Failed(f"{page.status} at {address}")
    return page


def purchases(
    server: BenchServer, tickets: Tickets, *, clients: int = 16, number: int = 100, scripts: bool = True
) -> Purchases:
    """So many purchases by `clients` customers at once; each is a new visitor."""
    return asyncio.run(_purchases(server, tickets, clients, number, scripts))


async def _purchases(
    server: BenchServer, tickets: Tickets, clients: int, number: int, scripts: bool
) -> Purchases:
    times: list[float] = []
    requests: list[int] = []
    waiting = [tickets.next() for _ in range(number)]

    async def customers() -> None:
        while waiting:
            began = time.perf_counter()
            browser = Browser(server.port)
            try:
                await buy(browser, *waiting.pop(), scripts=scripts)
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


async def count_requests(
    server: BenchServer, tickets: Tickets, *, number: int = 8, scripts: bool = True
) -> float:
    """Requests of a purchase by one customer at a time, redirects included: the mean of `number`."""
    counts: list[int] = []
    for _ in range(number):
        browser = Browser(server.port)
        await buy(browser, *tickets.next(), scripts=scripts)
        browser.close()
        counts.append(browser.requests)
    return sum(counts) / number
