"""Late styles and scripts, to find browser tests that depend on how fast these arrive.

`LATE_ASSETS_MS=500 python -m pytest tests/journeys` delays each style sheet and script by half a second, as a busy
machine does.
"""

from __future__ import annotations

import contextlib
import os
import re

from playwright.sync_api import BrowserContext, Error, Request, Route

DELAY_MS = int(os.environ.get("LATE_ASSETS_MS", "0"))
_ASSET = re.compile(r"\.(css|js)(\?|$)")


def delay_assets(context: BrowserContext) -> None:
    """Delay the assets of all pages of `context` that a server answers."""
    if DELAY_MS:
        context.route(_ASSET, _pass_on_late)


def wait_for_asset(request: Request) -> None:
    """Wait as long as this request is to be delayed; for tests that answer requests themselves."""
    if DELAY_MS and _ASSET.search(request.url):
        with contextlib.suppress(Error):  # the page was closed meanwhile
            request.frame.page.wait_for_timeout(DELAY_MS)


def _pass_on_late(route: Route, request: Request) -> None:
    wait_for_asset(request)
    with contextlib.suppress(Error):
        route.continue_()
