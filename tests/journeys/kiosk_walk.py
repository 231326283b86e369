"""Opens the pages of a kiosk, in both languages, and measures each at both sizes of the screen and in each mode."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from werkzeug.test import TestResponse

from app.core import config
from tests.journeys.axe_checks import NewPage
from tests.journeys.in_process_browser import InProcessBrowser
from tests.journeys.kiosk_measures import Measures, Modes
from tests.journeys.test_kiosk import kiosk_browser
from tests.kiosk.kiosk_visitor import Kiosk

ALONE: tuple[Modes, ...] = ((), ("large",), ("contrast",), ("low",), ("listen",))
TOGETHER: Modes = ("large", "contrast", "low", "listen")

# The pages of a kiosk that nobody uses load themselves again: not in the middle of a measurement.
NO_RELOAD = """new MutationObserver(() => {
  for (const one of document.querySelectorAll("[data-reload]")) one.removeAttribute("data-reload");
}).observe(document, { childList: true, subtree: true });"""


class Walk:
    """A kiosk, not yet paired, and its browser."""

    def __init__(self, app: Flask, new_page: NewPage) -> None:
        config.use(
            config.settings().changed(kiosk={"idle_seconds": 600})
        )  # a slow machine is nobody who left
        self.kiosk = Kiosk(app, "pt-BR")
        self.browser: InProcessBrowser = kiosk_browser(new_page, self.kiosk)
        self.page = self.browser.page
        self.page.add_init_script(NO_RELOAD)
        self.measures = Measures(self.page, [])

    def at(self, name: str, path: str, status: int = 200, *, act: str = "", fits: bool = False) -> None:
        """Measure a page, after the script `act` if there is one. `fits`: it may not scroll."""
        self._in_both_languages(name, lambda: self.browser.open(path), status, act, fits=fits)

    def after(self, name: str, send: Callable[[], TestResponse], status: int) -> None:
        """Measure the answer to a form, which `send` sends in each language."""
        self._in_both_languages(name, lambda: self.browser.show(send()), status, "")

    def _in_both_languages(
        self, name: str, show: Callable[[], int], status: int, act: str, *, fits: bool = False
    ) -> None:
        for language in ("pt_BR", "en"):
            self.kiosk.client.set_cookie("language", language)
            assert show() == status, name
            self.measures.wait_for_styles()
            if act:
                self.page.evaluate(act)
            self.look(f"{name}, {language}", language, fits=fits)

    def look(self, name: str, language: str = "pt_BR", *, fits: bool = False) -> None:
        """Measure the open page. axe sees each mode alone in Portuguese; in English no mode, and all together."""
        if language == "en":
            self.measures.look(name, with_axe=((), TOGETHER), fits=fits)
        else:
            self.measures.look(name, with_axe=ALONE, only_sizes=(TOGETHER,), fits=fits)
