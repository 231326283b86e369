"""The door's camera reads a ticket: Chromium's camera is a film made of the ticket's PDF."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageEnhance, ImageFilter
from playwright.sync_api import Browser, Page, expect

from tests.chromium import Chromium
from tests.conftest import BROWSER_SECONDS
from tests.journeys.axe_checks import violations
from tests.journeys.door_steps import (
    BoughtTickets,
    admitted_count,
    expect_admitted,
    expect_verdict,
    sign_in,
    stand_at,
)
from tests.live_server import LiveServer

FRAME = (640, 480)
DARK = "#302c28"
# The page's clock stands still until the test moves it, so that a slow machine changes nothing; and the pictures that
# go to the reader are counted.
STILL_CLOCK = """
    let now = 0;
    performance.now = () => now;
    globalThis.moveClock = (milliseconds) => { now += milliseconds; };
    globalThis.pictures = 0;
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (...sent) { globalThis.pictures += 1; return post.apply(this, sent); };
"""


def frame(ticket: Image.Image | None, angle: int = 0) -> bytes:
    """A picture of the camera as JPEG: a ticket in a dim room, turned and a little blurred; or nothing."""
    picture = Image.new("RGB", FRAME, DARK)
    if ticket is not None:
        small = ticket.resize((ticket.width * 400 // ticket.height, 400)).rotate(
            angle, expand=True, fillcolor=DARK
        )
        picture.paste(small, ((FRAME[0] - small.width) // 2, (FRAME[1] - small.height) // 2))
    dim = ImageEnhance.Brightness(picture).enhance(0.6).filter(ImageFilter.GaussianBlur(0.6))
    written = io.BytesIO()
    dim.save(written, "JPEG", quality=90)
    return written.getvalue()


def film_of(ticket: Image.Image) -> bytes:
    """Motion JPEG that Chromium shows over and over: an empty room, then the ticket, turned one way and the other."""
    return b"".join([frame(None)] * 20 + [frame(ticket, 8)] * 40 + [frame(ticket, -8)] * 40)


@pytest.fixture
def phone(chromium: Chromium, tmp_path: Path) -> Iterator[Callable[[Image.Image], Page]]:
    """Start a browser whose camera films a ticket; returns a page of a phone."""
    started: list[Browser] = []
    film = tmp_path / "camera.mjpeg"

    def start(ticket: Image.Image) -> Page:
        film.write_bytes(film_of(ticket))
        camera = [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ]
        started.append(chromium.launch(*camera))
        context = started[0].new_context(locale="pt-BR", viewport={"width": 360, "height": 740})
        context.set_default_timeout(BROWSER_SECONDS * 1000)
        context.add_init_script(STILL_CLOCK)
        return context.new_page()

    yield start
    for one in started:
        one.close()


def test_the_camera_reads_a_ticket(
    new_page: Callable[..., Page], phone: Callable[[Image.Image], Page], server: LiveServer
) -> None:
    buyer = new_page()
    bought = BoughtTickets(buyer, server)
    pdf = pypdfium2.PdfDocument(io.BytesIO(buyer.request.get(f"{buyer.url}/tickets.pdf").body()))
    page = phone(pdf[0].render(scale=4).to_pil().convert("RGB"))
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Policy" in said.text else None)
    sign_in(page, server)
    stand_at(page, bought.place)
    before = admitted_count(page)
    tried: list[str] = []
    page.on("request", lambda sent: tried.append(sent.url) if sent.method == "POST" else None)
    page.get_by_role("button", name="Usar a câmera").click()
    expect_verdict(page, "Pode entrar")
    expect_admitted(page, before + 1)
    # The ticket stays in front of the camera: one scan. Four seconds later it is the next one, at once.
    seen = page.evaluate("pictures")
    page.wait_for_function("seen => pictures > seen + 10", arg=seen)
    assert len(tried) == 1
    page.set_viewport_size({"width": 740, "height": 360})
    page.evaluate("moveClock(4000)")
    expect_verdict(page, "Já entrou")
    expect(page.locator("video")).to_be_in_viewport()
    assert len(tried) == 2

    page.get_by_role("link", name="Próximo").click()
    expect_verdict(page, "Leia o QR")
    page.get_by_role("button", name="Desligar câmera").click()
    expect(page.get_by_role("button", name="Usar a câmera")).to_be_visible()
    assert page.locator("video").evaluate("video => video.srcObject") is None
    # A touch of the field, which has the focus without a keyboard, opens the phone's keyboard.
    expect(page.locator("#code")).to_have_attribute("inputmode", "none")
    page.locator("#code").click()
    expect(page.locator("#code")).to_have_attribute("inputmode", "text")
    expect(page.locator("#code")).to_be_focused()
    page.get_by_role("button", name="Usar a câmera").click()
    expect(page.locator("video")).to_be_visible()
    assert violations(page) == []
    assert complaints == []
