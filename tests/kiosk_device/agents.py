"""The print agent for tests: in this process, or as a program that can be killed; and who asks it."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.device.agent.pairing import Pairing
from kiosk.device.agent.server import AgentServer
from kiosk.device.config import AgentConfig, Config, PrinterConfig
from kiosk.device.printing import printers
from kiosk.device.printing.jobs import Jobs
from kiosk.device.printing.journal import Journal

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "https://bilhetes.example"
SECRET = "a-secret-of-the-page"
TICKET: dict[str, Any] = {
    "id": "ticket-0001",
    "kind": "ticket",
    "blocks": [
        {"type": "heading", "text": "São Bernardo"},
        {"type": "text", "text": "Sala 2, F7", "center": True},
        {"type": "rule"},
        {"type": "pair", "left": "Inteira", "right": "R$ 38,00", "bold": True},
        {"type": "qr", "data": "BIL1-ABCDEF"},
    ],
}


@dataclass
class Client:
    """Asks the agent as the paired page does; `headers` of None are left out."""

    port: int
    headers: dict[str, str | None] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: object = None, **headers: str | None
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        sent: dict[str, str | None] = {"Origin": ORIGIN, "Authorization": f"Bearer {SECRET}"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            kept = {name: value for name, value in sent.items() if value is not None}
            connection.request(method, path, data, kept)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None, answer.headers
        finally:
            connection.close()

    def print(self, job: object) -> tuple[int, Any]:
        return self.ask("POST", "/jobs", job)[:2]


@contextmanager
def running_agent(
    folder: Path, *, paired: bool = True, origin: str = ORIGIN, printer: PrinterConfig | None = None
) -> Iterator[Client]:
    """An agent in this process with a file printer: `paper` and `printer-status` in the folder."""
    agent = AgentConfig(port=0, state=str(folder / "state"), run=str(folder / "run"))
    printer = printer or file_printer(folder)
    jobs = Jobs(printers.make(printer), printer, Journal(folder / "state" / "jobs.sqlite"))
    pairing = Pairing(folder / "state" / "pairing.json")
    if paired:
        pairing.store(SECRET)
    with AgentServer(Config(origin, agent, printer), jobs, pairing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Client(server.port)
        finally:
            server.shutdown()
            thread.join()


def file_printer(folder: Path) -> PrinterConfig:
    return PrinterConfig("file", path=str(folder / "paper"), status_path=str(folder / "printer-status"))


class AgentProcess:
    """The agent as it runs on the machine: from a folder that has kiosk/device alone, and no application."""

    def __init__(self, folder: Path, printer: str, *, origin: str = ORIGIN, port: int = 0) -> None:
        """`printer` has the settings of the printer, as lines of the configuration; port 0 is any that is free."""
        self.program = folder / "lib"
        if not self.program.exists():
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / "kiosk/device", self.program / "kiosk/device", ignore=unwanted)
        self.config = folder / "kiosk.toml"
        self.config.write_text(
            f'origin = "{origin}"\n[agent]\nport = {port}\nstate = "{folder}/state"\nrun = "{folder}/run"\n'
            f"[printer]\n{printer}\n"
        )
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def start(self, program: str = "kiosk.device.agent") -> Client:
        self.process = subprocess.Popen(
            [sys.executable, "-m", program, "--config", str(self.config)],
            cwd=self.program, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("agent ready "), line
        return Client(int(line.split()[2]))

    def start_and_die_after_a_sheet(self) -> Client:
        """Start it so that it kills itself when the first sheet is on the paper, before it says so."""
        (self.program / "kiosk" / "device" / "agent" / "dying.py").write_text(
            "import os, runpy, signal\n"
            "from kiosk.device.printing.printers import FilePrinter\n"
            "send = FilePrinter.send\n"
            "def send_and_die(printer, sheet):\n"
            "    send(printer, sheet)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "FilePrinter.send = send_and_die\n"
            "runpy.run_module('kiosk.device.agent', run_name='__main__')\n"
        )
        return self.start("kiosk.device.agent.dying")

    def wait_for_end(self) -> None:
        assert self.process is not None
        self.process.wait(timeout=60)

    def kill(self) -> None:
        """SIGKILL, as a power cut ends it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
        self.process = None
