"""The process of the relay, and the command that creates the queues."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.sqs import Queues
from app.core import db, outbox
from app.core.messages import CONSUMERS, SeatsFreed
from app.core.sqs_source import SqsSource
from tests.aws_server import endpoint
from tests.core.sqs_server import sqs

ROOT = Path(__file__).resolve().parents[2]
WAIT_LIMIT = 60.0


@pytest.fixture
def queues() -> Iterator[Queues]:
    with sqs() as (opened, _):
        yield opened


def run(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def address(name: str) -> str:
    return f"sqs://{name}?region=us-east-1&endpoint={endpoint()}"


def test_the_relay_moves_messages_and_ends_at_sigterm(database: str, tmp_path: Path, queues: Queues) -> None:
    with db.transaction():
        message_id = str(outbox.publish(SeatsFreed(screening_id=1)))
    process = run(
        "relay",
        DATABASE_URL=database,
        BILHETERIA_VAR=str(tmp_path),
        BILHETERIA_QUEUE=address(queues.name),
        BILHETERIA_HEARTBEAT=str(tmp_path / "heartbeat"),
    )
    try:
        batch = SqsSource(queues).lease(["reservations"], most=1, seconds=30, wait=WAIT_LIMIT)
        assert [delivery.message_id for delivery in batch] == [message_id]
        assert (tmp_path / "heartbeat").exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_LIMIT) == 0
    finally:
        process.kill()
        process.communicate()


def test_the_relay_needs_queues(database: str, tmp_path: Path) -> None:
    process = run("relay", DATABASE_URL=database, BILHETERIA_VAR=str(tmp_path))
    output, _ = process.communicate(timeout=WAIT_LIMIT)
    assert process.returncode == 1
    assert "relay: set DATABASE_URL and BILHETERIA_QUEUE" in output


def test_queues_are_created_with_their_dead_letters(tmp_path: Path, queues: Queues) -> None:
    name = f"{queues.name}-new"
    for _ in range(2):
        process = run("queues", "create", BILHETERIA_VAR=str(tmp_path), BILHETERIA_QUEUE=address(name))
        output, _ = process.communicate(timeout=WAIT_LIMIT)
        assert process.returncode == 0, output
    new = Queues(address(name))
    for consumer in CONSUMERS:
        assert new.receive(consumer, most=1, seconds=1) == []
        assert new.receive(f"{consumer}-dead", most=1, seconds=1) == []
