"""The purchase by curl in docs/api.md runs as it stands there, and prints what is written there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app.core import config
from app.core.config import settings
from tests.api.buyer import BASE
from tests.orders import purchases

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "api.md"
SECTION = re.compile(r"^## A purchase by curl\n(.*?)^## ", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^    (.*)$", re.MULTILINE)
OUTPUT = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
PATIENCE_SECONDS = 120


@pytest.fixture
def address(app: Flask, demo: str) -> Iterator[str]:
    """The API of a server with the demo. Its messages are handled, and the bank's customers pay."""
    config.use(settings().changed(payments={"sandbox_pix": "auto:3"}))
    server, is_over = make_server("127.0.0.1", 0, app, threaded=True), threading.Event()

    def work() -> None:
        while not is_over.wait(0.1):
            purchases.run_due_work()

    threads = [threading.Thread(target=run) for run in (server.serve_forever, work)]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{server.server_port}{BASE}"
    is_over.set()
    server.shutdown()
    for thread in threads:
        thread.join()


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_the_purchase_runs_as_it_is_documented(address: str) -> None:
    section = SECTION.search(DOCUMENT.read_text())
    assert section is not None
    script = "\n".join(["set -eu", *COMMANDS.findall(section[1])])
    ran = subprocess.run(
        ["sh", "-c", script],
        env={"API": address, "PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "".join(OUTPUT.findall(section[1]))), ran.stderr
