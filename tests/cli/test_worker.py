"""The worker's two processes: patient services run in the second one, and neither process outlives the other."""

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
from app.dispatch import by_pace
from app.tickets import service as tickets
from tests.reservations.auditoriums import make_screening
from tests.tickets.conftest import FULL, make_facts

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


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


def patient_of(process: subprocess.Popen[bytes]) -> int:
    """The id of the patient process, once it runs."""
    deadline = time.monotonic() + PATIENCE
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


def gone(pid: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def test_tickets_are_patient_and_money_is_not() -> None:
    quick, patient = by_pace(("tickets", "orders", "payments"))
    assert quick == ("orders", "payments")
    assert patient == ("tickets",)


def test_each_process_handles_its_own_messages(worker: subprocess.Popen[bytes]) -> None:
    screening = make_screening("oo")
    with db.transaction():
        outbox.publish(SeatsFreed(screening_id=screening.id))
        outbox.publish(TicketsResigned(order_id="00000000-0000-0000-0000-000000000001"))
    deadline = time.monotonic() + PATIENCE
    done = 0
    while done < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
        with db.reading() as session:
            done = session.execute(text("select count(*) from core.processed")).scalar_one()
    assert done == 2
    assert os.getpriority(os.PRIO_PROCESS, patient_of(worker)) > os.getpriority(os.PRIO_PROCESS, worker.pid)


def test_nothing_waits_for_a_mail_server_that_does_not_answer(worker: subprocess.Popen[bytes]) -> None:
    screening = make_screening("oo")
    with db.transaction():
        for _ in range(40):
            outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en"))
    deadline = time.monotonic() + PATIENCE
    assert until("select count(*) > 0 from core.outbox where attempts > 0", deadline)
    with db.transaction():
        outbox.publish(SeatsFreed(screening_id=screening.id))
    assert until("select count(*) > 0 from core.processed", deadline)
    assert until("select count(*) = 40 from core.outbox where last_error is null", deadline)


def until(question: str, deadline: float) -> bool:
    """Whether the query returns true before the deadline."""
    while time.monotonic() < deadline:
        with db.reading() as session:
            if session.execute(text(question)).scalar_one():
                return True
        time.sleep(0.1)
    return False


def test_it_carries_nothing_that_only_servers_and_commands_need() -> None:
    loads = "import json, sys, app.cli.worker; from app import dispatch; dispatch.routes(), dispatch.ticks();"
    loads += "print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", loads], cwd=ROOT, capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert {"app.users.handlers", "app.tickets.handlers", "jinja2"} <= loaded
    assert not {"argon2", "flask", "app.shop", "alembic", "weasyprint", "boto3", "icalendar", "PIL"} & loaded


@pytest.mark.parametrize("seconds", [0.0, 1.0], ids=["while they start", "at work"])
def test_a_signal_ends_both(worker: subprocess.Popen[bytes], seconds: float) -> None:
    patient = patient_of(worker)
    time.sleep(seconds)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
    assert gone(patient)


def test_a_burst_of_signals_ends_both(worker: subprocess.Popen[bytes]) -> None:
    """As when somebody presses Ctrl-C several times."""
    patient = patient_of(worker)
    for _ in range(50):
        for pid in (patient, worker.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
    assert gone(patient)


@pytest.mark.timeout(600)
def test_no_fonts_are_left_behind(worker: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Drawing a PDF writes fonts to temporary files. On a busy machine the patient process is slow."""
    facts = make_facts()
    with db.transaction():
        tickets.issue(facts, [FULL])
        outbox.publish(TicketsResigned(order_id=str(facts.order_id)))
    assert until("select count(*) = 1 from tickets.documents", time.monotonic() + 5 * PATIENCE)
    assert list((tmp_path / "tmp").glob("weasyprint-*"))
    patient = patient_of(worker)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
    assert gone(patient)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_when_the_patient_process_dies_the_worker_ends_too(worker: subprocess.Popen[bytes]) -> None:
    os.kill(patient_of(worker), signal.SIGKILL)
    assert worker.wait(PATIENCE) == 1


def test_when_the_worker_is_killed_its_patient_process_ends(worker: subprocess.Popen[bytes]) -> None:
    patient = patient_of(worker)
    time.sleep(1.0)
    worker.kill()
    worker.wait()
    assert gone(patient)
