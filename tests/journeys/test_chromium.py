"""The browser of the tests, when it hangs."""

from __future__ import annotations

import os
import signal

import pytest

from tests.chromium import Chromium


def test_a_hanging_chromium_is_replaced(chromium: Chromium) -> None:
    replaced = Chromium(chromium.browser_type)
    context = replaced.browser.new_context()
    os.kill(replaced.process_id, signal.SIGSTOP)
    with pytest.warns(UserWarning, match="did not close a context"):
        replaced.close_context(context, seconds=0.2)
    page = replaced.browser.new_context().new_page()
    page.set_content("<h1>Again</h1>")
    assert page.locator("h1").inner_text() == "Again"
    replaced.close()


def test_closing_a_context_leaves_chromium_alone(chromium: Chromium) -> None:
    before = chromium.process_id
    context = chromium.browser.new_context()
    chromium.close_context(context)
    assert chromium.process_id == before
    assert chromium.browser.is_connected()
