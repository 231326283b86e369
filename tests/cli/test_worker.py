"""The two processes of the worker: services of low priority run in the second one, and both end together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core import db, outbox
from app.core.messages import NoticeRequested, SeatsFreed, TicketsResigned
from app.dispatch import by_priority
from app.tickets import service as tickets
from tests.reservations.auditoriums import make_screening
from tests.tickets.conftest import FULL, make_facts

ROOT = Path(__file__).resolve().parents[2]
WAIT_LIMIT = 60.0


@pytest.fixture
def deaf_server() -> Iterator[str]:
    """A mail server that accepts connections and does not answer."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}?tls=off"


@pytest.fixture
def worker(database: str, tmp_path: Path, deaf_server: str) -> Iterator[subprocess.Popen[bytes]]:
    env = os.environ | {"DATABASE_URL": database, "BILHETERIA_VAR": str(tmp_path), "SECRET_KEY": "tests"}
    env["BILHETERIA_MAIL"] = deaf_server
    (tmp_path / "tmp").mkdir()
    env["TMPDIR"] = str(tmp_path / "tmp")
    env.pop("SERVICES", None)
    process = subprocess.Popen([sys.executable, "-m", "app.cli.worker"], cwd=ROOT, env=env, process_group=0)
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def low_priority_process_of(process: subprocess.Popen[bytes]) -> int:
    """The id of the low-priority process, once it runs."""
    deadline = time.monotonic() + WAIT_LIMIT
    while time.monotonic() < deadline:
        listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout
        pairs = [tuple(map(int, line.split())) for line in listing.splitlines()]
        if found := [pid for pid, parent in pairs if parent == process.pid]:
            return found[0]
        time.sleep(0.05)
    raise AssertionError("there is one process alone")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def has_ended(pid: int) -> bool:
    deadline = time.monotonic() + WAIT_LIMIT
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def test_tickets_have_low_priority_and_payments_have_not() -> None:
    usual, low_priority = by_priority(("tickets", "orders", "payments"))
    assert usual == ("orders", "payments")
    assert low_priority == ("tickets",)


def test_each_process_handles_its_own_messages(worker: subprocess.Popen[bytes]) -> None:
    screening = make_screening("oo")
    with db.transaction():
        outbox.publish(SeatsFreed(screening_id=screening.id))
        outbox.publish(TicketsResigned(order_id="00000000-0000-0000-0000-000000000001"))
    deadline = time.monotonic() + WAIT_LIMIT
    done = 0
    while done < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
        with db.reading() as session:
            done = session.execute(text("select count(*) from core.processed")).scalar_one()
    assert done == 2
    assert os.getpriority(os.PRIO_PROCESS, low_priority_process_of(worker)) > os.getpriority(
        os.PRIO_PROCESS, worker.pid
    )


def test_no_message_waits_for_a_mail_server_that_does_not_answer(worker: subprocess.Popen[bytes]) -> None:
    screening = make_screening("oo")
    with db.transaction():
        for _ in range(40):
            outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en"))
    deadline = time.monotonic() + WAIT_LIMIT
    assert wait_for_query("select count(*) > 0 from core.outbox where attempts > 0", deadline)
    with db.transaction():
        outbox.publish(SeatsFreed(screening_id=screening.id))
    assert wait_for_query("select count(*) > 0 from core.processed", deadline)
    assert wait_for_query("select count(*) = 40 from core.outbox where last_error is null", deadline)


def wait_for_query(question: str, deadline: float) -> bool:
    """Whether the query returns true before the deadline."""
    while time.monotonic() < deadline:
        with db.reading() as session:
            if session.execute(text(question)).scalar_one():
                return True
        time.sleep(0.1)
    return False


def test_the_worker_does_not_import_modules_of_servers_and_commands() -> None:
    loads = "import json, sys, app.cli.worker; from app import dispatch; dispatch.routes(), dispatch.ticks();"
    loads += "print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", loads], cwd=ROOT, capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert {"app.users.handlers", "app.tickets.handlers", "jinja2"} <= loaded
    assert not {"argon2", "flask", "app.shop", "alembic", "weasyprint", "boto3", "icalendar", "PIL"} & loaded


@pytest.mark.parametrize("seconds", [0.0, 1.0], ids=["while they start", "at work"])
def test_a_signal_ends_both_processes(worker: subprocess.Popen[bytes], seconds: float) -> None:
    child = low_priority_process_of(worker)
    time.sleep(seconds)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(WAIT_LIMIT) == 0
    assert has_ended(child)


def test_several_signals_end_both_processes(worker: subprocess.Popen[bytes]) -> None:
    """A person who presses Ctrl-C several times sends such signals."""
    child = low_priority_process_of(worker)
    for _ in range(50):
        for pid in (child, worker.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
    assert worker.wait(WAIT_LIMIT) == 0
    assert has_ended(child)


@pytest.mark.timeout(600)
def test_no_fonts_are_left_behind(worker: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Drawing a PDF writes fonts to temporary files. On a busy machine the low-priority process is slow."""
    facts = make_facts()
    with db.transaction():
        tickets.issue(facts, [FULL])
        outbox.publish(TicketsResigned(order_id=str(facts.order_id)))
    assert wait_for_query("select count(*) = 1 from tickets.documents", time.monotonic() + 5 * WAIT_LIMIT)
    assert list((tmp_path / "tmp").glob("weasyprint-*"))
    child = low_priority_process_of(worker)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(WAIT_LIMIT) == 0
    assert has_ended(child)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_when_the_low_priority_process_dies_the_worker_ends_too(worker: subprocess.Popen[bytes]) -> None:
    os.kill(low_priority_process_of(worker), signal.SIGKILL)
    assert worker.wait(WAIT_LIMIT) == 1


def test_when_the_worker_is_killed_its_low_priority_process_ends(worker: subprocess.Popen[bytes]) -> None:
    child = low_priority_process_of(worker)
    time.sleep(1.0)
    worker.kill()
    worker.wait()
    assert has_ended(child)
