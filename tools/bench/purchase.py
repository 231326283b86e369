"""Makes whole purchases with a concession, from the seat map to the paid page, through the forms of the pages.

With `scripts` it sends the requests of a browser with scripts: htmx sends a form with `hx-post`, the answer is the next
page, and the payment page polls. Without it each form is answered by a redirect, and the payment page is loaded again.
Pages of versions before htmx sent the forms work too, so that two versions can be compared.
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

POLL_SECONDS = 0.25  # the first interval of static/js/payment_wait.js
RELOAD_SECONDS = 1.0  # without scripts; the page uses 5, which would make the run longer
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
    """A step of the purchase did not lead to the next one."""


async def buy(browser: Browser, screening_id: int, seats: tuple[int, ...], *, scripts: bool = True) -> str:
    """Buy two tickets and a concession; returns the path of the paid order. Raises Failed."""
    order, page = await _order(browser, screening_id, seats, scripts)
    buyer = {"name": "Ana Souza", "email": "ana@example.com", "method": "pix"}
    page = await step(browser, page.text, f"{order}/checkout", buyer, scripts)
    await (wait_until_paid(browser, page.text, order) if scripts else _reload(browser, order))
    return order


async def to_checkout(port: int, screening_id: int, seats: tuple[int, ...]) -> tuple[str, str]:
    """Continue to the checkout; returns the customer's cookies and the path of the page."""
    browser = Browser(port)
    order, _ = await _order(browser, screening_id, seats, scripts=False)
    browser.close()
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items()), f"{order}/checkout"


async def _order(
    browser: Browser, screening_id: int, seats: tuple[int, ...], scripts: bool
) -> tuple[str, Answer]:
    """Go from the map to the checkout; returns the path of the order and the checkout page."""
    action = f"/screenings/{screening_id}/orders"
    page = await browser.get(f"/screenings/{screening_id}")
    fields = [pair for pair in form(page.text, action) if pair[0] not in ("seat", "quantity")]
    fields += [("seat", str(seat)) for seat in seats]
    page = await _send(browser, page.text, action, fields, scripts)
    order = _order_path(browser)
    page = await step(browser, page.text, f"{order}/types", {"age": "yes"}, scripts)
    snack = re.search(r'name="(quantity-\d+)"', page.text)
    page = await step(browser, page.text, f"{order}/concessions", {snack[1]: "1"} if snack else {}, scripts)
    return order, page


async def best_seats(browser: Browser, html: str, screening_id: int, number: int = 2) -> tuple[str, Answer]:
    """Ask for the best seats together on the page of the map; returns the path of the order and its next page."""
    action = f"/screenings/{screening_id}/orders"  # the first of its forms is the one for the best seats
    fields = [pair for pair in form(html, action) if pair[0] != "quantity"]
    page = await _send(browser, html, action, [*fields, ("quantity", str(number))], scripts=True)
    return _order_path(browser), page


def _order_path(browser: Browser) -> str:
    found = re.match(r"/orders/[^/?]+", browser.path)
    if found is None:
        raise Failed(f"no order at {browser.path}")
    return found[0]


async def step(
    browser: Browser, html: str, action: str, values: dict[str, str], scripts: bool = True
) -> Answer:
    """Send the form of `action` with the values of the page, replaced by `values`."""
    fields = [pair for pair in form(html, action) if pair[0] not in values]
    return await _send(browser, html, action, [*fields, *values.items()], scripts)


async def _send(
    browser: Browser, html: str, action: str, fields: list[tuple[str, str]], scripts: bool
) -> Answer:
    by_htmx = scripts and f'hx-post="{action}"' in html
    headers = {"HX-Request": "true", "HX-Current-URL": browser.path} if by_htmx else {}
    answer = await browser.post(action, fields, headers=headers)
    if elsewhere := answer.header("HX-Redirect"):  # for example to the order's page when the bank was fast
        return await _load(browser, elsewhere)
    _follow(browser, answer)
    if answer.status != 200:
        raise Failed(f"{answer.status} at {action}")
    return answer


def _follow(browser: Browser, answer: Answer) -> None:
    """The address that htmx shows for this answer."""
    if address := answer.header("HX-Push-Url"):
        browser.path = address


async def wait_until_paid(browser: Browser, html: str, order: str) -> None:
    """Poll as the payment page does, until it becomes the page of the order."""
    deadline = time.monotonic() + 20
    while browser.path != order:
        address = _poll_address(html)
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


def _poll_address(html: str) -> str | None:
    if found := _ASKS.search(html):
        return unescape(found[1])
    if found := _ASKS_BY_SCRIPT.search(html):
        return f"{found[1]}?charge={found[2]}&seen={found[3].replace('+', '%2B')}"
    return None


async def _reload(browser: Browser, order: str) -> None:
    """Load the payment page again until it redirects to the page of the order."""
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
    """Make `number` purchases by `clients` customers at once; each is a new visitor."""
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
    """The mean number of requests of `number` purchases by one customer at a time, including redirects."""
    counts: list[int] = []
    for _ in range(number):
        browser = Browser(server.port)
        await buy(browser, *tickets.next(), scripts=scripts)
        browser.close()
        counts.append(browser.requests)
    return sum(counts) / number
