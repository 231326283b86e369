"""The last page of a purchase prints: a real browser, the real agent and a file printer, byte for byte."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from playwright.sync_api import expect
from werkzeug.serving import BaseWSGIServer, make_server

from app.core import config
from app.core.config import settings
from app.events.service import Screening
from kiosk.device.config import PrinterConfig
from kiosk.device.printing.documents import parse_job
from kiosk.device.printing.rendering import render
from tests.journeys.axe_checks import RULES_2_1, violations
from tests.kiosk.kiosk_visitor import paired_kiosk
from tests.kiosk_device.agents import AgentProcess, running_agent
from tests.live_server import free_port
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import order_at

if TYPE_CHECKING:
    from playwright.sync_api import Page

NewPage = Callable[..., "Page"]
PORTRAIT = {"width": 1080, "height": 1920}


@pytest.fixture
def server(app: Flask) -> Iterator[BaseWSGIServer]:
    made = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()


@pytest.fixture
def origin(server: BaseWSGIServer) -> str:
    return f"http://localhost:{server.server_port}"


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooooo")


class PaidOrder:
    """A paid order of two seats at a kiosk; `page` is the kiosk's browser."""

    def __init__(self, app: Flask, screening: Screening, new_page: NewPage, origin: str) -> None:
        self.kiosk = paired_kiosk(app, screening.cinema.id, "pt-BR")
        self.kiosk.post("/kiosk/visits")
        self.path = self.kiosk.start(screening, "A1 A2")
        self.kiosk.choose_full(self.path)
        self.kiosk.check_out(self.path, name="", email="")
        purchases.run_due_work()
        self.order = purchases.pay(order_at(self.path))
        self.address = origin + self.path
        self.page = new_page(viewport=PORTRAIT, has_touch=True, reduced_motion="reduce")
        self.page.context.add_cookies(
            [{"name": name, "value": self.cookie(name), "url": origin} for name in ("device", "session")]
        )

    def cookie(self, name: str) -> str:
        value = self.kiosk.cookie(name)
        assert value is not None
        return value

    def sheets(self) -> list[bytes]:
        jobs = json.loads(self.kiosk.get(f"/kiosk{self.path}/print-jobs").text)["jobs"]
        return [render(parse_job(job), PrinterConfig()) for job in jobs]

    def open(self, port: int) -> None:
        config.use(settings().changed(kiosk={"agent_port": port}))
        self.page.goto(self.address)

    def expect_state(self, state: str) -> None:
        expect(self.page.locator(f"[data-print-jobs][data-print-state={state}]")).to_be_visible()

    def expect_printed(self) -> None:
        self.expect_state("done")
        expect(self.page.get_by_text("Retire seus ingressos.")).to_be_visible()


@pytest.fixture
def paid(app: Flask, screening: Screening, new_page: NewPage, origin: str) -> PaidOrder:
    return PaidOrder(app, screening, new_page, origin)


def test_tickets_and_receipt_are_printed_once_and_problems_are_named(
    paid: PaidOrder, origin: str, tmp_path: Path
) -> None:
    page, paper, status = paid.page, tmp_path / "paper", tmp_path / "printer-status"
    with running_agent(tmp_path, paired=False, origin=origin) as agent:
        status.write_text("paper_out offline")
        paid.open(agent.port)
        paid.expect_state("paper_out")
        expect(page.get_by_text("Acabou o papel.")).to_be_visible()
        expect(page.get_by_text(f"No balcão, basta o código {paid.order.code}.")).to_be_visible()
        assert violations(page, RULES_2_1) == []
        status.write_text("cover_open")
        expect(page.get_by_text("A impressora está aberta.")).to_be_visible()
        assert not paper.exists()

        status.write_text("paper_low")
        paid.expect_printed()  # by itself, as soon as the printer is ready
        expect(page.get_by_text("O papel está acabando.")).to_be_visible()
        assert paper.read_bytes() == b"".join(paid.sheets())
        assert len(paid.sheets()) == 3

        page.reload()
        paid.expect_printed()
        page.go_back()
        page.go_forward()
        paid.expect_printed()
        assert paper.read_bytes() == b"".join(paid.sheets())


def test_two_pages_at_once_print_each_sheet_once(paid: PaidOrder, origin: str, tmp_path: Path) -> None:
    with running_agent(tmp_path, paired=False, origin=origin) as agent:
        paid.open(agent.port)
        second = paid.page.context.new_page()
        second.goto(paid.address)
        paid.expect_printed()
        expect(second.get_by_text("Retire seus ingressos.")).to_be_visible()
    assert sorted(sheets_on(tmp_path / "paper", paid)) == sorted(paid.sheets())


def sheets_on(paper: Path, paid: PaidOrder) -> list[bytes]:
    """The sheets on the paper, each as one of the order's."""
    left, found = paper.read_bytes(), []
    while left:
        sheet = next(one for one in paid.sheets() if left.startswith(one))
        found.append(sheet)
        left = left[len(sheet) :]
    return found


def test_without_a_printer_the_qr_for_the_phone_is_shown_alone(
    paid: PaidOrder, origin: str, tmp_path: Path
) -> None:
    with running_agent(tmp_path, paired=False, origin=origin, printer=PrinterConfig("none")) as agent:
        with paid.page.expect_response(lambda answer: answer.url.endswith("/status")):
            paid.open(agent.port)
        expect(paid.page.locator("[data-print-state=absent]")).to_be_hidden()
        expect(paid.page.locator(".to-phone .qr")).to_be_visible()


def test_a_sheet_that_a_power_cut_interrupted_is_offered_again(
    paid: PaidOrder, origin: str, tmp_path: Path
) -> None:
    """The agent dies after it printed the first ticket and before it said so; then it starts again."""
    page, paper = paid.page, tmp_path / "paper"
    first, second, receipt = paid.sheets()
    port = free_port()
    agent = AgentProcess(tmp_path, f'kind = "file"\npath = "{paper}"', origin=origin, port=port)
    try:
        agent.start_and_die_after_a_sheet()
        paid.open(port)
        paid.expect_state("offline")  # the page has had no answer for its first sheet
        agent.wait_for_end()
        agent.kill()
        agent.start()
        paid.expect_state("unsure")
        assert paper.read_bytes() == first
        again = page.get_by_role("button", name="Imprimir de novo")
        again.evaluate("button => { button.click(); button.click(); }")  # two touches
        paid.expect_printed()
        assert paper.read_bytes() == first + first + second + receipt
    finally:
        agent.kill()


def test_a_visit_does_not_end_while_a_sheet_is_printed(paid: PaidOrder, origin: str, tmp_path: Path) -> None:
    page, paper = paid.page, tmp_path / "paper"
    os.mkfifo(paper)  # the printer waits until somebody reads what it prints
    question = page.get_by_role("dialog", name="Ainda está aí?")
    done = page.get_by_role("button", name="Pronto")
    page.clock.install()
    with running_agent(tmp_path, paired=False, origin=origin) as agent:
        paid.open(agent.port)
        paid.expect_state("printing")
        expect(page.get_by_text("Folha 1 de 3.")).to_be_visible()
        page.clock.fast_forward("05:00")
        expect(done).to_be_disabled()
        expect(question).to_be_hidden()

        printed = b""
        while len(printed) < sum(map(len, paid.sheets())):
            printed += paper.read_bytes()
        paid.expect_printed()
    assert printed == b"".join(paid.sheets())
    expect(done).to_be_enabled()
    page.clock.fast_forward("01:05")
    expect(question).to_be_visible()


def test_an_agent_in_trouble_keeps_nobody_on_the_page(paid: PaidOrder, origin: str, tmp_path: Path) -> None:
    with running_agent(tmp_path, paired=False, origin=origin) as agent:
        journal = sqlite3.connect(tmp_path / "state" / "jobs.sqlite")
        journal.execute("create trigger full before insert on jobs begin select raise(abort, 'full'); end")
        paid.open(agent.port)
        paid.expect_state("error")
        expect(paid.page.get_by_role("button", name="Pronto")).to_be_enabled()
        journal.execute("drop trigger full")
        journal.close()
        paid.expect_printed()
    assert (tmp_path / "paper").read_bytes() == b"".join(paid.sheets())
