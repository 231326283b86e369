"""The Chromium of a test process, which is replaced when it hangs."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from typing import TYPE_CHECKING, Any

from tools.build.system import find_headless_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, BrowserType

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]
CLOSING_SECONDS = 30


class Chromium:
    """A Chromium: the one of the machine, if it can be without windows, or else the one that Playwright installed."""

    def __init__(self, browser_type: BrowserType) -> None:
        self.browser_type = browser_type
        self._start()

    def _start(self) -> None:
        self.browser = self.launch()
        processes = self.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        self.process_id = int(next(one["id"] for one in processes if one["type"] == "browser"))

    def launch(self, *flags: str, **options: Any) -> Browser:
        """A further browser, with flags and options of its own; the caller closes it."""
        return self.browser_type.launch(
            executable_path=find_headless_browser(), args=[*FLAGS, *flags], **options
        )

    def close_context(self, context: BrowserContext, seconds: float = CLOSING_SECONDS) -> None:
        """Close `context`; if Chromium does not within `seconds`, end it and start another one.

        Chromium has hung here, without an error. What a test shows was shown before, so the test does not fail.
        """
        from playwright.sync_api import Error

        end = threading.Timer(seconds, os.kill, (self.process_id, signal.SIGKILL))
        end.daemon = True
        end.start()
        try:
            context.close()
        except Error:
            if self.browser.is_connected():
                raise
        finally:
            end.cancel()
        if not self.browser.is_connected():
            warnings.warn(f"Chromium did not close a context in {seconds} s", stacklevel=1)
            self._start()

    def close(self) -> None:
        self.browser.close()
