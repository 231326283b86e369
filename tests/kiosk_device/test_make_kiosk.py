"""`make kiosk`: what keeps it from running is told in one line, and nothing of another one is touched."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tools.kiosk import __main__ as make_kiosk
from tools.kiosk.__main__ import CannotRun, Kiosk

ROOT = Path(__file__).resolve().parents[2]


def start(folder: Path, *options: str, **env: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tools.kiosk", *options], cwd=ROOT,
        env=os.environ | {"BILHETERIA_VAR": str(folder), **env}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_second_one_leaves_the_first_alone(tmp_path: Path) -> None:
    with (tmp_path / "kiosk.lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        assert start(tmp_path) == (1, f"make kiosk: it runs already on {tmp_path}\n")
    assert [one.name for one in tmp_path.iterdir()] == ["kiosk.lock"]


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other, socket.socket() as free:
        other.bind(("127.0.0.1", 0))
        other.listen()
        free.bind(("127.0.0.1", 0))
        taken, port = other.getsockname()[1], free.getsockname()[1]
        free.close()
        status, said = start(tmp_path, PORT=str(taken))
        assert (status, said.startswith(f"make kiosk: port {taken} is taken: set PORT")) == (1, True), said
        status, said = start(tmp_path, "--agent-port", str(taken), PORT=str(port))
        assert status == 1
        assert f"port {taken} cannot be used for the print agent" in said
    assert [one.name for one in tmp_path.iterdir()] == ["kiosk.lock"]


def test_a_program_that_ends_is_named(tmp_path: Path) -> None:
    with ExitStack() as stack:
        kiosk = Kiosk(tmp_path, threading.Event(), stack)
        kiosk.start("agent", ["kiosk.device.agent", "--config", str(tmp_path / "none")], os.environ)
        kiosk.programs["agent"].wait()
        with pytest.raises(CannotRun, match="the agent has ended: see "):
            kiosk.check()
        assert "none" in (tmp_path / "agent.log").read_text()


def test_ctrl_c_ends_the_wait_for_the_box_office(tmp_path: Path) -> None:
    with ExitStack() as stack:
        kiosk = Kiosk(tmp_path, threading.Event(), stack)
        threading.Timer(0.5, kiosk.stopped.set).start()
        began = time.monotonic()
        make_kiosk._wait_for("http://127.0.0.1:9/readyz", kiosk)
        assert time.monotonic() - began < make_kiosk.READY_SECONDS
