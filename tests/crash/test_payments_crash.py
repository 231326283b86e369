"""kill -9 of the worker between any two steps of being paid and of giving back: once the worker is back, all is as if
nothing had happened. One charge at the bank, each payment one receipt, each refund once."""

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
def house(make_live_server: Callable[..., LiveServer], settings: config.Settings) -> Iterator[LiveServer]:
    server = make_live_server(demo=False)
    server.kill_worker()
    db.connect(server.database_url, pool_size=2)
    yield server
    db.engine().dispose()


@pytest.fixture
def bank(house: LiveServer) -> Iterator[Sandbox]:
    bank = Sandbox(house.database_url, secret_key="tests-secret-key")
    yield bank
    bank.dispose()


def crash_at(house: LiveServer, step: str) -> None:
    """Let the worker run into `step`, where it is killed."""
    house.env["BILHETERIA_FAILPOINT"] = step
    house.start_worker()
    assert house.worker is not None
    assert house.worker.wait(timeout=SECONDS) == -9, f"{step} was never reached"
    house.worker = None
    del house.env["BILHETERIA_FAILPOINT"]
    # A lease outlives its worker by half a minute; the test does not wait for that.
    house.query("update core.outbox set leased_until = null")


def wait_for(house: LiveServer, expected: list[tuple[Any, ...]], statement: str) -> None:
    deadline = time.monotonic() + SECONDS
    while (found := house.query(statement)) != expected:
        assert time.monotonic() < deadline, (found, expected)
        time.sleep(0.05)


def request_charge() -> uuid.UUID:
    with db.transaction():
        until = datetime.now(UTC) + timedelta(minutes=5)
        return service.request_charge(ORDER, "pix", 5000, until, "2 ingressos").id


@pytest.mark.parametrize(
    "step",
    [
        "ChargeRequested.leased",
        "payments.after_create",
        "ChargeRequested.before_commit",
        "ChargeRequested.committed",
    ],
)
def test_killed_while_making_the_charge(house: LiveServer, bank: Sandbox, step: str) -> None:
    charge_id = request_charge()
    crash_at(house, step)
    house.start_worker()
    wait_for(house, [("pending",)], "select state from payments.charges")
    assert house.query("select id from sandbox_bank.charges") == [(charge_id.hex,)]


@pytest.mark.parametrize(
    "step",
    [
        "ProviderHinted.leased",
        "payments.after_fetch",
        "ProviderHinted.before_commit",
        "ProviderHinted.committed",
    ],
)
def test_killed_while_the_money_comes(house: LiveServer, bank: Sandbox, step: str) -> None:
    charge_id = request_charge()
    house.start_worker()
    wait_for(house, [("pending",)], "select state from payments.charges")
    house.kill_worker()
    bank.pay(charge_id.hex, notices=1)
    crash_at(house, step)
    house.start_worker()
    wait_for(
        house,
        [("confirmed", 1)],
        "select state, (select count(*) from payments.receipts) from payments.charges",
    )
    # The charge and the hint; on a slow machine the clock has asked the bank once more in the meantime.
    wait_for(house, [(True,)], "select count(*) >= 2 from core.processed where consumer = 'payments'")
    assert house.query("select amount from payments.receipts") == [(5000,)]


@pytest.mark.parametrize(
    "step", ["RefundRequested.leased", "payments.after_refund", "RefundRequested.before_commit"]
)
def test_killed_while_giving_back(house: LiveServer, bank: Sandbox, step: str) -> None:
    charge_id = request_charge()
    house.start_worker()
    wait_for(house, [("pending",)], "select state from payments.charges")
    bank.pay(charge_id.hex)
    wait_for(house, [(1,)], "select count(*) from payments.receipts")
    house.kill_worker()
    house.query("delete from core.outbox where kind in ('PaymentReceived', 'RefundRequested')")
    house.query("delete from payments.refunds")
    with db.transaction():
        service.refund(service.receipts_of(ORDER)[0].id, None, "cancelled")
    crash_at(house, step)
    house.start_worker()
    wait_for(house, [("refunded",)], "select state from payments.refunds")
    assert house.query("select sum(amount), count(*) from sandbox_bank.refunds") == [(5000, 1)]
