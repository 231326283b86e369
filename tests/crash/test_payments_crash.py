"""kill -9 of the worker between any two steps of a refund: it is made once.

The steps from the charge to the receipt are in `test_issuing_crash.py`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters.psp.sandbox import Sandbox
from app.core import config, db
from app.payments import service
from tests.live_server import LiveServer

ORDER = uuid.uuid4()
SECONDS = 60.0


@pytest.fixture
def server(make_live_server: Callable[..., LiveServer], settings: config.Settings) -> Iterator[LiveServer]:
    server = make_live_server(demo=False, running=False, SERVICES="payments")
    db.connect(server.database_url, pool_size=2)
    yield server
    db.engine().dispose()


@pytest.fixture
def bank(server: LiveServer) -> Iterator[Sandbox]:
    bank = Sandbox(server.database_url, secret_key="tests-secret-key")
    yield bank
    bank.dispose()


def crash_at(server: LiveServer, step: str) -> None:
    """Run the worker until it is killed at `step`."""
    server.env["BILHETERIA_FAILPOINT"] = step
    server.start_worker()
    assert server.worker is not None
    assert server.worker.wait(timeout=SECONDS) == -9, f"{step} was never reached"
    server.worker = None
    del server.env["BILHETERIA_FAILPOINT"]
    # The lease of a killed worker ends after half a minute; the test ends it at once.
    server.query("update core.outbox set leased_until = null")


def wait_for(server: LiveServer, expected: list[tuple[Any, ...]], statement: str) -> None:
    deadline = time.monotonic() + SECONDS
    while (found := server.query(statement)) != expected:
        assert time.monotonic() < deadline, (found, expected)
        time.sleep(0.05)


def request_charge() -> uuid.UUID:
    with db.transaction():
        until = datetime.now(UTC) + timedelta(minutes=5)
        return service.request_charge(ORDER, "pix", 5000, until, "2 ingressos").id


def test_a_worker_killed_at_every_step_refunds_once(server: LiveServer, bank: Sandbox) -> None:
    charge_id = request_charge()
    server.start_worker()
    wait_for(server, [("pending",)], "select state from payments.charges")
    bank.pay(charge_id.hex)
    wait_for(server, [(1,)], "select count(*) from payments.receipts")
    server.kill_worker()
    server.query("delete from core.outbox where kind in ('PaymentReceived', 'RefundRequested')")
    server.query("delete from payments.refunds")
    with db.transaction():
        service.refund(service.receipts_of(ORDER)[0].id, None, "cancelled")
    for step in ("RefundRequested.leased", "payments.after_refund", "RefundRequested.before_commit"):
        crash_at(server, step)
    server.start_worker()
    wait_for(server, [("refunded",)], "select state from payments.refunds")
    assert server.query("select sum(amount), count(*) from sandbox_bank.refunds") == [(5000, 1)]
