"""SIGTERM while a server that the process needs does not answer: it ends in time, and gives back what it holds."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core import db, outbox
from app.core.messages import NoticeRequested, SeatsFreed
from tests.aws_server import CREDENTIALS

ROOT = Path(__file__).resolve().parents[2]
WAIT_LIMIT = 120.0
# They wait for a signal's work half a second, and for a server's answer much longer than the test takes.
WORKER = """
import sys
from app.adapters import mail_smtp
from app.cli import worker
worker.END_SECONDS = 0.5
mail_smtp.TIMEOUT_SECONDS = mail_smtp.WHOLE_SECONDS = 600.0
sys.exit(worker.main())
"""
RELAY = """
import sys
from app.adapters import sqs
from app.cli import relay
relay.END_SECONDS = 0.5
sqs.LONGEST_WAIT_SECONDS = 600
sys.exit(relay.main())
"""


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """The port of a server that accepts connections and does not answer."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server.getsockname()[1]


@contextmanager
def running(code: str, var: Path, database: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own group, which is killed at the end of the block."""
    common = {"DATABASE_URL": database, "BILHETERIA_VAR": str(var), "SECRET_KEY": "tests"}
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | common | env, process_group=0
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_leased() -> None:
    deadline = time.monotonic() + WAIT_LIMIT
    while time.monotonic() < deadline:
        with db.reading() as session:
            if session.execute(text("select bool_and(leased_until is not null) from core.outbox")).scalar():
                return
        time.sleep(0.05)
    raise AssertionError("the messages were not leased")


def rows() -> list[tuple[bool, int]]:
    """Of each message in the outbox: whether another process can lease it at once, and how often it was leased."""
    with db.reading() as session:
        found = session.execute(
            text(
                "select leased_until is null and available_at <= clock_timestamp(), attempts from core.outbox"
            )
        )
        return [(is_free, attempts) for is_free, attempts in found]


def test_a_worker_gives_back_the_mail_that_a_server_does_not_take(
    database: str, tmp_path: Path, deaf_port: int
) -> None:
    with db.transaction():
        outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en"))
    mail = f"smtp://127.0.0.1:{deaf_port}?tls=off"
    with running(WORKER, tmp_path, database, SERVICES="users", BILHETERIA_MAIL=mail) as worker:
        wait_until_leased()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(WAIT_LIMIT) == 0
    assert rows() == [(True, 1)]


def test_a_relay_gives_back_the_messages_that_sqs_does_not_take(
    database: str, tmp_path: Path, deaf_port: int
) -> None:
    with db.transaction():
        for number in range(15):  # more than a batch
            outbox.publish(SeatsFreed(screening_id=number))
    queue = f"sqs://bilheteria?region=us-east-1&endpoint=http://127.0.0.1:{deaf_port}"
    with running(RELAY, tmp_path, database, BILHETERIA_QUEUE=queue, **CREDENTIALS) as relay:
        wait_until_leased()
        relay.send_signal(signal.SIGTERM)
        assert relay.wait(WAIT_LIMIT) == 0
    assert rows() == [(True, 1)] * 15
