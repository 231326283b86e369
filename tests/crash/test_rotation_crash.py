"""kill -9 of `rotate-ticket-key --retire` between two batches: the worker re-signs the rest, each ticket once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core import db, worker
from app.dispatch import ticks
from app.tickets import qr, service, signing_keys
from tests.tickets.conftest import FULL, admit, make_facts

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("app")


def test_a_command_killed_between_two_batches_is_finished_by_the_worker(database: str) -> None:
    signing_keys.clear_cache()
    sold = [make_facts(screening_id=screening) for screening in (41, 42, 43)]
    for facts in sold:
        with db.transaction():
            service.issue(facts, [FULL])
    env = os.environ | {
        "DATABASE_URL": database,
        "SECRET_KEY": "tests-secret-key",
        "BILHETERIA_FAILPOINT": "tickets.batch_signed",
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "rotate-ticket-key", "--retire"]
    killed = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert killed.returncode == -9, killed.stdout + killed.stderr
    assert sorted(key_ids(sold)) == [1, 1, 2]

    signing_keys.clear_cache()
    (tick,) = [one for one in ticks(("tickets",)) if one.name == "tickets: re-sign"]
    assert worker.run_tick(tick)
    assert key_ids(sold) == [2, 2, 2]
    with db.reading() as session:
        messages = "select count(*) from core.outbox where kind = 'TicketsResigned'"
        assert session.execute(text(messages)).scalar_one() == len(sold)
        tickets = [service.of_order(facts.order_id)[0] for facts in sold]
    assert {ticket.revision for ticket in tickets} == {2}
    assert admit(tickets[0].qr_text).verdict == "admitted"


def key_ids(sold: list[service.IssueFacts]) -> list[int]:
    with db.reading():
        return [qr.decode(service.of_order(facts.order_id)[0].qr_text)[0].kid for facts in sold]
