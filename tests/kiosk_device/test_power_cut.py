"""A power cut: the agent is killed between the job and its acknowledgement, and nothing is lost or printed twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.device.agent.pairing import Pairing
from kiosk.device.config import PrinterConfig
from kiosk.device.printing.documents import parse_job
from kiosk.device.printing.rendering import render
from tests.kiosk_device.agents import SECRET, TICKET, AgentProcess, Client

SHEET = render(parse_job(TICKET), PrinterConfig())
INTERRUPTED = {"id": "ticket-0001", "kind": "ticket", "state": "interrupted"}


@pytest.fixture
def process(tmp_path: Path) -> Iterator[AgentProcess]:
    """Its printer's status is a pipe: the agent stops there until the test writes one, before and after a sheet."""
    os.mkfifo(tmp_path / "status")
    process = AgentProcess(
        tmp_path, f'kind = "file"\npath = "{tmp_path}/paper"\nstatus_path = "{tmp_path}/status"'
    )
    (tmp_path / "state").mkdir()
    Pairing(tmp_path / "state" / "pairing.json").store(SECRET)
    yield process
    process.kill()


def tell_ready(folder: Path) -> None:
    """Answer one question for the status; returns when the agent asked it."""
    with open(folder / "status", "w"):
        pass


def wait_for_sheet(folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not (folder / "paper").exists() or (folder / "paper").read_bytes() != SHEET:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start_printing(client: Client) -> threading.Thread:
    """Send the job; the answer never comes."""

    def send() -> None:
        with pytest.raises(OSError):
            client.print(TICKET)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def make_ordinary(folder: Path) -> None:
    """From now on the status is that of a printer without problems."""
    (folder / "status").unlink()


def test_a_sheet_that_was_printed_but_not_acknowledged_is_offered_again(
    process: AgentProcess, tmp_path: Path
) -> None:
    asking = start_printing(process.start())
    tell_ready(tmp_path)  # before the sheet; the question after it gets no answer
    wait_for_sheet(tmp_path)
    process.kill()
    asking.join()

    make_ordinary(tmp_path)
    client = process.start()
    assert (tmp_path / "paper").read_bytes() == SHEET  # it prints nothing of its own accord
    assert client.print(TICKET) == (200, INTERRUPTED)  # nor for a page that repeats its request
    assert client.ask("GET", "/status")[1]["interrupted"] == [INTERRUPTED]
    assert (tmp_path / "paper").read_bytes() == SHEET

    assert client.ask("POST", "/jobs/ticket-0001/again")[1]["state"] == "printed"  # a person said so
    assert (tmp_path / "paper").read_bytes() == SHEET * 2
    process.kill()
    assert process.start().print(TICKET)[1]["state"] == "printed"
    assert (tmp_path / "paper").read_bytes() == SHEET * 2


def test_a_job_that_was_not_begun_is_printed_when_the_page_asks_again(
    process: AgentProcess, tmp_path: Path
) -> None:
    asking = start_printing(process.start())
    descriptor = os.open(tmp_path / "status", os.O_WRONLY)  # it asks for the status before the sheet
    process.kill()
    os.close(descriptor)
    asking.join()

    make_ordinary(tmp_path)
    client = process.start()
    assert not (tmp_path / "paper").exists()
    assert client.ask("GET", "/jobs")[1] == {"jobs": []}
    assert client.print(TICKET)[1]["state"] == "printed"
    assert (tmp_path / "paper").read_bytes() == SHEET


def test_a_sheet_that_was_acknowledged_stays_printed_once(process: AgentProcess, tmp_path: Path) -> None:
    make_ordinary(tmp_path)
    client = process.start()
    assert client.print(TICKET)[1]["state"] == "printed"
    process.kill()
    assert process.start().print(TICKET)[1]["state"] == "printed"
    assert (tmp_path / "paper").read_bytes() == SHEET


def test_the_machine_needs_nothing_of_the_application(tmp_path: Path) -> None:
    process = AgentProcess(tmp_path, 'kind = "none"')
    (process.program / "kiosk" / "device" / "agent" / "sitecheck.py").write_text(
        "import sys, kiosk.device.agent.__main__\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules} & {'app', 'flask', 'sqlalchemy'}))\n"
    )
    said = subprocess.run(
        [sys.executable, "-m", "kiosk.device.agent.sitecheck"],
        cwd=process.program, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip() == ""
