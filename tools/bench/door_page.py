"""The scan page in Chromium: the time from a scan to its verdict, with and without network, and the page's bytes."""

from __future__ import annotations

import statistics
from contextlib import closing
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tools.bench import door
from tools.bench.report import Figure, at_most, show
from tools.bench.server import BenchServer
from tools.build.system import find_browser

SCANS = 40  # of each kind
_SECONDS = 30
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Scans one code after another, each as soon as the verdict before it is drawn.
_SCAN = """
    async (codes) => {
        const field = document.querySelector("[data-scan-field]");
        const took = [];
        for (const code of codes) {
            const began = performance.now();
            const drawn = new Promise((resolve) => {
                document.addEventListener("door:verdict", ({ detail }) => {
                    requestAnimationFrame(() => { resolve(detail); });
                }, { once: true });
            });
            field.value = code;
            field.form.requestSubmit();
            if (await drawn !== "in") throw new Error("a valid ticket was refused");
            took.push(performance.now() - began);
        }
        return took;
    }
"""
_BYTES = """
    () => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .filter(({ name }) => !name.includes("/staff/offline/") && !name.endsWith("/staff/worker.js"))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
"""


def measure(server: BenchServer, there: door.Door) -> None:
    """Scan tickets of the screening in `there`, first with the server and then without network."""
    codes = [row[0] for row in server.query(
        "select qr_text from tickets.tickets where screening_id = %s and state = 'valid' order by code limit %s",
        there.screening_id, 2 * SCANS,
    )]  # fmt: skip
    with sync_playwright() as playwright, closing(_chromium(playwright)) as browser:
        page = _door_page(browser, server, there)
        size = page.evaluate(_BYTES)
        online: list[float] = page.evaluate(_SCAN, codes[:SCANS])
        page.context.set_offline(True)
        page.wait_for_function("() => document.documentElement.dataset.network === 'off'")
        offline: list[float] = page.evaluate(_SCAN, codes[SCANS:])
    _show("scan to verdict, online (p95)", online, 300)
    _show("scan to verdict, without network (p95)", offline, 150)
    show(Figure("scan page at a first visit, compressed", f"{size / 1024:.0f} KB", note="with its fonts"))


def _chromium(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=find_browser(), args=_FLAGS)


def _door_page(browser: Browser, server: BenchServer, there: door.Door) -> Page:
    """The scan page at the screening, on a device that keeps what it needs without network."""
    page = _context(browser, server, there).new_page()
    page.goto(f"http://127.0.0.1:{server.port}/staff/scan")
    page.locator("details.standing summary").click()
    page.locator("#place").select_option(f"screening-{there.screening_id}")
    page.locator("form[data-standing] button").click()
    # The page that comes after the form has the details closed. A click into the page before would be lost.
    page.locator("details.standing:not([open]) summary").click()
    page.locator("[data-offline-offer] button").click()
    page.locator("[data-offline=on][data-kept]").wait_for(state="attached")
    return page


def _context(browser: Browser, server: BenchServer, there: door.Door) -> BrowserContext:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(_SECONDS * 1000)
    address = f"http://127.0.0.1:{server.port}"
    cookies: list[Any] = [
        {"name": name, "value": value, "url": address} for name, value in there.cookies.items()
    ]
    context.add_cookies(cookies)
    return context


def _show(name: str, took: list[float], limit: int) -> None:
    """The time in milliseconds that 19 of 20 scans need at most."""
    slow = statistics.quantiles(took, n=20)[-1]
    show(
        at_most(name, slow, limit, " ms", note=f"middle {statistics.median(took):.0f} ms, {len(took)} scans")
    )
