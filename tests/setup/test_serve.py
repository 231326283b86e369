"""`serve`, as `make run` starts it: it starts all parts, replaces those that end, and prints errors in one line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from app.cli.processes import LARGEST_LOG
from app.cli.serve import CannotServe, check_version
from tests.live_server import free_port
from tests.processes import alive

ROOT = Path(__file__).resolve().parents[2]
WAIT_LIMIT = 60.0


class Serve:
    """A running `serve` with its own folder and port."""

    def __init__(self, var: Path, port: int, **env: str) -> None:
        self.port = port
        inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        settings = {"BILHETERIA_VAR": str(var), "PORT": str(port), "BILHETERIA_DEMO": "0"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli.serve"], cwd=ROOT, env=inherited | settings | env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0,
        )  # fmt: skip
        self.said: list[str] = []

    def wait_for(self, words: str) -> str:
        """Read the output until a line contains `words`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"it ended without {words!r}: {''.join(self.said)}")

    def answers(self, path: str = "/readyz", seconds: float = WAIT_LIMIT) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=seconds) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def children(self) -> dict[str, int]:
        """The direct child processes by name: web, worker, postgres."""
        listing = subprocess.run(
            ["ps", "-ww", "-A", "-o", "pid=,ppid=,command="], capture_output=True, text=True
        ).stdout
        found = {}
        for line in listing.splitlines():
            pid, parent, command = line.split(None, 2)
            for name, mark in (
                ("web", "gunicorn"),
                ("worker", "app.cli.worker"),
                ("postgres", "postgres -D"),
            ):
                if int(parent) == self.process.pid and mark in command:
                    found[name] = int(pid)
        return found

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=WAIT_LIMIT)


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="bilheteria-serve-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def serve(var: Path) -> Iterator[Callable[..., Serve]]:
    started: list[Serve] = []

    def start(port: int | None = None, **env: str) -> Serve:
        started.append(Serve(var, port or free_port(), **env))
        return started[-1]

    yield start
    for one in started:
        one.end()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_LIMIT
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.1)


def test_it_comes_up_and_ctrl_c_ends_all_of_it(serve: Callable[..., Serve], var: Path) -> None:
    """On a terminal that lacks letters, with few lines in its logs."""
    office = serve(PYTHONIOENCODING="iso-8859-1", BILHETERIA_LOG="warning")
    office.wait_for(f"Open http://localhost:{office.port}")
    assert office.said[0].startswith("Starting the database in ")
    assert office.answers("/")
    children = office.children()
    assert set(children) == {"web", "worker", "postgres"}
    assert office.end() == 0
    assert not [name for name, pid in children.items() if alive(pid)]
    assert json_lines(var / "log" / "web.log") == []


@pytest.mark.timeout(400)
def test_its_logs_its_restarts_and_a_take_over(serve: Callable[..., Serve], var: Path) -> None:
    """An installation takes seconds to start: one is enough for all three."""
    office = serve()
    office.wait_for("Open http")
    write_json_lines_and_rotate_logs(office, var)
    restart_killed_processes_and_keep_data(office, var)
    take_over_after_a_kill(office, serve)


def write_json_lines_and_rotate_logs(office: Serve, var: Path) -> None:
    log = var / "log" / "web.log"
    assert office.answers("/")
    wait_until(lambda: any(line.get("route") == "/" for line in json_lines(log)))
    (asked,) = [line for line in json_lines(log) if line.get("route") == "/"]
    assert asked["status"] == 200
    assert asked["request_id"]
    with log.open("a") as file:
        file.write("x" * LARGEST_LOG + "\n")
    wait_until(lambda: log.with_suffix(".log.1").exists() and log.stat().st_size < LARGEST_LOG)
    assert office.answers("/")
    wait_until(lambda: any(line.get("route") == "/" for line in json_lines(log)))
    assert not [line for line in json_lines(log) if line.get("route") == "/healthz"]


def restart_killed_processes_and_keep_data(office: Serve, var: Path) -> None:
    before = office.children()
    url = f"postgresql://postgres@/bilheteria?host={var / 'postgres'}"
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("create table kept as select 7 as n")
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    wait_until(
        lambda: (
            set(office.children()) == set(before)
            and not set(office.children().values()) & set(before.values())
        )
    )
    wait_until(lambda: office.answers(seconds=5))  # one that hangs is asked again
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select n from kept")
        assert cursor.fetchall() == [(7,)]


def take_over_after_a_kill(first: Serve, serve: Callable[..., Serve]) -> None:
    """A second `serve` says that one runs; after a SIGKILL the next one starts, and ends all."""
    assert_one_line(serve(), "runs already")
    assert first.answers()
    children = first.children()
    first.process.kill()
    first.process.wait()
    wait_until(lambda: not alive(children["web"]) and not alive(children["worker"]))
    second = serve(first.port)
    second.wait_for("Open http")
    assert second.answers()
    assert second.end(signal.SIGTERM) == 0
    assert not alive(children["postgres"])


def test_hanging_processes_are_replaced(serve: Callable[..., Serve], var: Path) -> None:
    """The processes are the master of gunicorn and both processes of the worker."""
    office = serve(BILHETERIA_HANG_SECONDS="8")
    office.wait_for("Open http")
    for name in ("web", "worker"):
        wait_until((var / "run" / f"{name}.heartbeat").exists)
    before = office.children()
    os.kill(before["web"], signal.SIGSTOP)
    os.killpg(before["worker"], signal.SIGSTOP)
    wait_until(
        lambda: (
            set(office.children()) == set(before)
            and not {before["web"], before["worker"]} & set(office.children().values())
        )
    )
    wait_until(lambda: office.answers(seconds=5))  # one that hangs is asked again
    assert office.children()["postgres"] == before["postgres"]


def test_a_taken_port_is_one_line(serve: Callable[..., Serve]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_one_line(serve(port), f"port {port} is taken")


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/none", "postgresql://x@no-such-host.invalid/none"]
)
def test_a_database_that_does_not_answer_is_a_one_line_error(serve: Callable[..., Serve], url: str) -> None:
    assert_one_line(serve(DATABASE_URL=url), "DATABASE_URL does not answer")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_an_address_of_another_machine_is_a_one_line_error(serve: Callable[..., Serve], host: str) -> None:
    assert_one_line(
        serve(BILHETERIA_HOST=host), f"BILHETERIA_HOST is not an address of this machine: '{host}'"
    )


def test_serve_listens_on_an_ipv6_address_without_the_pages_too(serve: Callable[..., Serve]) -> None:
    if not has_ipv6():
        message = "BILHETERIA_HOST is not an address of this machine: '::1'"
        assert_one_line(serve(BILHETERIA_HOST="::1"), message)
    host = "[::1]" if has_ipv6() else "127.0.0.1"
    office = serve(BILHETERIA_HOST=host.strip("[]"), SERVICES="orders")
    office.wait_for("Open http")
    for path in ("/readyz", "/healthz"):
        with urllib.request.urlopen(f"http://{host}:{office.port}{path}", timeout=30) as answer:
            assert answer.status == 200


def has_ipv6() -> bool:
    with suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def test_an_old_postgres_is_refused() -> None:
    check_version(150000)
    check_version(180004)
    with pytest.raises(CannotServe, match="is a Postgres 14, and 15 or later is needed"):
        check_version(140013)


def test_a_broken_database_folder_is_a_one_line_error(serve: Callable[..., Serve], var: Path) -> None:
    (var / "postgres").write_text("not a folder")
    assert_one_line(serve(), "cannot be used")


def test_a_data_folder_that_cannot_be_written_is_a_one_line_error(serve: Callable[..., Serve]) -> None:
    assert_one_line(
        serve(BILHETERIA_VAR="/proc/bilheteria"), "the data folder /proc/bilheteria cannot be used"
    )


def json_lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("SERVICES", "popcorn"),
        ("BILHETERIA_DEMO", "perhaps"),
        ("DATABASE_URL", "nonsense"),
    ],
)
def test_an_invalid_setting_is_a_one_line_error(serve: Callable[..., Serve], name: str, value: str) -> None:
    assert_one_line(serve(**{name: value}), name)


def assert_one_line(office: Serve, words: str) -> None:
    """Assert that `serve` ends with status 1, and that its last line is the error, without a traceback."""
    said, _ = office.process.communicate(timeout=WAIT_LIMIT)
    assert office.process.returncode == 1, said
    lines = [line for line in said.splitlines() if not line.startswith("Starting the database")]
    assert len(lines) == 1, said
    assert words in lines[0], said
