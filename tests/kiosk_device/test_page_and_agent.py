"""A kiosk's page in a real browser and the print agent beside it: they find each other, and the server hears of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from app.core import config, db
from app.core.actor import Actor
from app.core.config import settings
from app.users import service as users
from kiosk.device.agent import heartbeat
from tests.kiosk_device.agents import running_agent

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def server(app: Flask, demo: None) -> Iterator[BaseWSGIServer]:
    made = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()


def test_a_paired_page_pairs_the_agent_and_reports_the_printer(
    server: BaseWSGIServer, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    origin = f"http://127.0.0.1:{server.server_port}"
    (tmp_path / "printer-status").write_text("paper_low")
    with running_agent(tmp_path, paired=False, origin=origin) as agent:
        config.use(settings().changed(kiosk={"agent_port": agent.port}))
        page = new_page()
        page.goto(f"{origin}/kiosk")
        code = page.locator(".pairing-code").inner_text()
        with db.transaction():
            users.confirm_pairing(code, 1, "Kiosk 1", Actor(user_id=1))
        wait_until(lambda: (tmp_path / "state" / "pairing.json").exists())
        wait_until(lambda: any(device.paper_state == "low" for device in devices()))
        assert [(one.printer_state, one.version != "") for one in devices()] == [("ready", True)]
        assert heartbeat.last(tmp_path / "run") is not None
        for gesture in ("contextmenu", "dragstart"):  # a long touch, a link dragged away
            event = f"new Event('{gesture}', {{bubbles: true, cancelable: true}})"
            assert page.evaluate(f"document.body.dispatchEvent({event})") is False


def devices() -> list[users.Device]:
    with db.reading():
        return users.list_devices()


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
