"""Opens pages in a browser and runs axe on them; the devices and languages of the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, ViewportSize
from werkzeug.test import TestResponse

from tests.journeys.in_process_browser import InProcessBrowser
from tests.shop.visitor import Visitor

PHONE = {"viewport": {"width": 390, "height": 844}}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
DEVICES = [pytest.param("pt-BR", PHONE, id="pt-phone"), pytest.param("en", DESKTOP, id="en-desktop")]
NewPage = Callable[..., Page]

# All rules of WCAG 2.1 A and AA, which axe runs by default, and with that of WCAG 2.2 (target-size).
RULES_2_1 = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
RULES = [*RULES_2_1, "wcag22aa"]
# Only rules of colours can differ between the light and the dark scheme.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# Without `preload`, which none of these rules needs.
RUN_AXE = """rules => axe.run({ runOnly: rules, resultTypes: ["violations"], preload: false }).then(({ violations }) =>
    violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) =>
        `${target.join(" ")} ${failureSummary}`).join(" | ")}`))"""


def load_axe(page: Page) -> None:
    """Make `axe` known to the scripts of the open page."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(Axe().axe_script)


def violations(page: Page, rules: list[str] = RULES) -> list[str]:
    """What axe finds on the open page, with the first elements that each rule complains about."""
    load_axe(page)
    found: list[str] = page.evaluate(RUN_AXE, rules)
    return found


class AxeChecks:
    """Opens pages and runs axe on each, in the dark and the light scheme; `found` are the violations."""

    def __init__(
        self,
        app: Flask,
        new_page: NewPage,
        language: str,
        device: Mapping[str, object],
        rules: list[str] = RULES_2_1,
    ) -> None:
        self.app = app
        self.rules = rules
        self.language = language
        self.ana = Visitor(app, language)
        self.ana.client.set_cookie("language", "en" if language == "en" else "pt_BR")
        self.browser = InProcessBrowser(new_page, self.ana, locale=language, color_scheme="dark", **device)
        self.found: list[str] = []

    def at(self, name: str, path: str, status: int = 200) -> None:
        assert self.browser.open(path) == status, name
        self.here(name)

    def after(self, name: str, answer: TestResponse, status: int) -> None:
        assert self.browser.show(answer) == status, name
        self.here(name)

    def here(self, name: str) -> None:
        page = self.browser.page
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        self.found += [f"{name}, dark: {one}" for one in violations(page, self.rules)]
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.found += [f"{name}, light: {one}" for one in violations(page, COLOUR_RULES)]


class DarkPageChecks:
    """Runs axe on pages of staff that are dark in both schemes: in Portuguese on a phone, upright and turned, and in
    English at a desk. `found` are the violations."""

    LAYOUTS: tuple[tuple[str, tuple[ViewportSize, ...]], ...] = (
        ("pt_BR", ({"width": 390, "height": 844}, {"width": 844, "height": 390})),
        ("en", ({"width": 1280, "height": 900},)),
    )

    def __init__(self, new_page: NewPage, staff: Visitor) -> None:
        self.staff = staff
        self.browser = InProcessBrowser(new_page, staff)
        self.page = self.browser.page
        self.found: list[str] = []

    def at(self, name: str, path: str, status: int = 200, act: str = "") -> None:
        """Look at a page, after the script `act` if there is one."""
        self._in_each_layout(name, lambda: self.browser.open(path), status, act)

    def after(self, name: str, send: Callable[[], TestResponse], status: int) -> None:
        """Look at the answer to a form, which `send` sends in each language."""
        self._in_each_layout(name, lambda: self.browser.show(send()), status, "")

    def _in_each_layout(self, name: str, show: Callable[[], int], status: int, act: str) -> None:
        for language, sizes in self.LAYOUTS:
            self.staff.client.set_cookie("language", language)
            self.page.set_viewport_size(sizes[0])
            assert show() == status, name
            if act:
                self.page.evaluate(act)
            for size in sizes:
                self.page.set_viewport_size(size)
                at = f"{name}, {language}, {size['width']} px"
                self.found += [f"{at}: {one}" for one in violations(self.page)]
