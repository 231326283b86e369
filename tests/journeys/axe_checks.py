"""Opens pages in a browser and runs axe on them; the devices and languages of the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from werkzeug.test import TestResponse

from tests.journeys.in_process_browser import InProcessBrowser
from tests.shop.visitor import Visitor

PHONE = {"viewport": {"width": 390, "height": 844}}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
DEVICES = [pytest.param("pt-BR", PHONE, id="pt-phone"), pytest.param("en", DESKTOP, id="en-desktop")]
axe = Axe()
NewPage = Callable[..., Page]


class AxeChecks:
    """Opens pages and runs axe on each, in the dark and the light scheme; `found` are the violations."""

    def __init__(self, app: Flask, new_page: NewPage, language: str, device: Mapping[str, object]) -> None:
        self.app = app
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
        page.evaluate(axe.axe_script)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        self._run(f"{name}, dark", {"resultTypes": ["violations"]})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        # Only rules of colours can differ between the schemes.
        colours = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
        self._run(f"{name}, light", {"resultTypes": ["violations"], "runOnly": colours})

    def _run(self, name: str, options: dict[str, object]) -> None:
        run = "options => axe.run(options).then(results => results.violations)"
        for violation in self.browser.page.evaluate(run, options):
            nodes = [
                f"{' '.join(map(str, node['target']))} {node.get('failureSummary', '')}"
                for node in violation["nodes"][:3]
            ]
            self.found.append(f"{name}: {violation['id']}: " + " | ".join(nodes))
