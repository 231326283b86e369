"""Fixtures of payment-service: an empty database and the sandbox bank."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.adapters.psp.sandbox import Sandbox
from app.core import db, worker
from app.dispatch import routes
from app.payments import checks, providers, service
from app.payments.service import Charge

ORDER = uuid.UUID("11111111-2222-3333-4444-555555555555")


@pytest.fixture
def bank(database: str) -> Sandbox:
    return providers.sandbox()


@pytest.fixture
def work(database: str) -> Callable[[], int]:
    """Handle all due messages and webhooks of payments; returns how many."""
    mine = routes(("payments",))

    def run() -> int:
        done = 0
        while handled := worker.drain(mine) + checks.deliver_sandbox_notifications():
            done += handled
        return done

    return run


@pytest.fixture
def ask(bank: Sandbox) -> Callable[..., Charge]:
    """Request a charge of R$ 101,00, unless told otherwise."""

    def request(
        method: str = "pix",
        amount: int = 10100,
        seconds: float = 300,
        order: uuid.UUID = ORDER,
        city: str = "Santos",
    ) -> Charge:
        with db.transaction():
            return service.request_charge(
                order,
                method,
                amount,
                datetime.now(UTC) + timedelta(seconds=seconds),
                "2 ingressos",
                "Ana",
                None,
                "/orders/token/payment",
                city,
            )

    return request


def charge(charge_id: uuid.UUID) -> Charge:
    with db.reading():
        return service.charge(charge_id)


def charges(order: uuid.UUID = ORDER) -> list[Charge]:
    with db.reading():
        return service.charges_of(order)


def receipts(order: uuid.UUID = ORDER) -> list[service.Receipt]:
    with db.reading():
        return service.receipts_of(order)


def messages(kind: str) -> list[dict[str, Any]]:
    """The payloads of the waiting messages of a kind, the oldest first."""
    with db.reading() as current:
        rows = current.execute(
            text("select payload from core.outbox where kind = :kind order by created_at"), {"kind": kind}
        )
        return [row.payload for row in rows]


def make_all_due() -> None:
    """Make all delayed messages, checks and webhooks due now."""
    with db.transaction() as current:
        current.execute(text("update core.outbox set available_at = clock_timestamp()"))
        current.execute(
            text(
                "update payments.charges set next_check_at = clock_timestamp() - interval '1 s'"
                " where next_check_at is not null"
            )
        )
        current.execute(
            text(
                "update payments.refunds set next_check_at = clock_timestamp() - interval '1 s'"
                " where next_check_at is not null"
            )
        )
        current.execute(text("update sandbox_bank.notifications set due_at = clock_timestamp()"))


def expire_charge(charge_id: uuid.UUID) -> None:
    with db.transaction() as current:
        current.execute(
            text(
                "update payments.charges set expires_at = clock_timestamp() - interval '1 s' where id = :id"
            ),
            {"id": charge_id},
        )
        current.execute(
            text(
                "update sandbox_bank.charges set expires_at = clock_timestamp() - interval '1 s' where id = :id"
            ),
            {"id": charge_id.hex},
        )
    make_all_due()
