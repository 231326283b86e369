"""When a process of the worker hangs, both end, so that their supervisor starts new ones."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core import db, outbox
from app.core.liveness import Heartbeat
from app.core.messages import NoticeRequested
from tests.processes import alive, children

ROOT = Path(__file__).resolve().parents[2]
WAIT_LIMIT = 60.0
HANG_SECONDS = "5"  # on a busy machine the low-priority process gets little processor time
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(database: str, tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def run(**settings: str) -> subprocess.Popen[bytes]:
        env = os.environ | {"DATABASE_URL": database, "BILHETERIA_VAR": str(tmp_path), "SECRET_KEY": "tests"}
        env |= {
            "BILHETERIA_HANG_SECONDS": HANG_SECONDS,
            "BILHETERIA_HEARTBEAT": str(tmp_path / "heartbeat"),
        }
        env.pop("SERVICES", None)
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli.worker"],
                cwd=ROOT, env=env | settings, stdout=log, stderr=log, process_group=0,
            )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def low_priority_process_of(process: subprocess.Popen[bytes]) -> int:
    wait_until(lambda: bool(children(process.pid)))
    (child,) = children(process.pid)
    return child


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_LIMIT
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.05)


def test_a_healthy_worker_keeps_running(start: Start, tmp_path: Path) -> None:
    process = start()
    beats: set[float | None] = set()

    def many_beats() -> bool:
        beats.add(Heartbeat(tmp_path / "heartbeat").last())
        return len(beats) > 10

    wait_until(many_beats)  # during twice the time after which it counts as hung
    assert process.poll() is None


def test_when_the_low_priority_process_hangs_the_worker_ends(start: Start) -> None:
    process = start()
    child = low_priority_process_of(process)
    os.kill(child, signal.SIGSTOP)
    assert process.wait(WAIT_LIMIT) == 1
    wait_until(lambda: not alive(child))


def test_when_the_worker_hangs_its_low_priority_process_ends_both(start: Start) -> None:
    process = start()
    child = low_priority_process_of(process)
    process.send_signal(signal.SIGSTOP)
    assert process.wait(WAIT_LIMIT) == -signal.SIGKILL
    wait_until(lambda: not alive(child))


def test_a_group_whose_threads_all_hang_ends_the_worker(start: Start, tmp_path: Path) -> None:
    """Each thread waits for a mail server that accepts connections and does not answer, longer than allowed."""
    with db.transaction():
        for _ in range(20):
            outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en"))
    with socket.create_server(("127.0.0.1", 0), backlog=100) as deaf:
        mail = f"smtp://127.0.0.1:{deaf.getsockname()[1]}?tls=off"
        # Threads count as hung after ten times as long as a process: the time limit of a mail server is longer.
        process = start(BILHETERIA_MAIL=mail, BILHETERIA_HANG_SECONDS="1", SERVICES="users")
        assert process.wait(WAIT_LIMIT) == 1
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    (logged,) = [line for line in lines if "threads hang" in line["message"]]
    assert logged["hung"] == ["users"]
    # On a busy machine a thread can still be on its way to the mail server.
    stacks = {name: frames for name, frames in logged["stacks"].items() if name.startswith("users-")}
    assert stacks
    assert all(frames and 'File "' in frames[-1] for frames in stacks.values()), stacks
    assert "ana@example.org" not in json.dumps(logged)
