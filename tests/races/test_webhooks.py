"""Race: many webhooks report one Pix at once; there is one receipt and one message."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.adapters import psp
from app.core import db, outbox, worker
from app.core.config import Settings
from app.core.messages import PaymentReceived
from app.dispatch import routes
from app.payments import provider_results, providers, service
from tests.races.concurrency import of_kind, run_at_once

WEBHOOKS = 24
ORDER = uuid.uuid4()


@pytest.fixture
def charge(database: str, settings: Settings) -> Iterator[uuid.UUID]:
    """A Pix charge that is paid at the bank."""
    db.connect(database, pool_size=WEBHOOKS + 5)
    with db.transaction():
        until = datetime.now(UTC) + timedelta(minutes=5)
        charge = service.request_charge(ORDER, "pix", 5000, until, "2 ingressos")
    worker.drain(routes(("payments",)))
    providers.sandbox().pay(charge.id.hex, webhooks=1)
    yield charge.id
    db.connect(database, pool_size=settings.database.pool_size)


def record_at_once(charge_id: uuid.UUID) -> tuple[int, int]:
    """Record the payment in each thread; returns the numbers of receipts and of messages."""
    answer = providers.sandbox().fetch(charge_id.hex)

    def record() -> bool:
        with db.transaction():
            return provider_results.record(charge_id, answer)

    results = run_at_once([record] * WEBHOOKS)
    assert not of_kind(results, Exception), results
    with db.reading() as session:
        published = session.execute(text("select count(*) from core.outbox where kind = 'PaymentReceived'"))
        return len(service.receipts_of(ORDER)), published.scalar_one()


def test_a_payment_is_recorded_once(charge: uuid.UUID) -> None:
    assert record_at_once(charge) == (1, 1)


def test_control_reading_before_writing_publishes_it_many_times(
    charge: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unguarded(charge_id: uuid.UUID, _: psp.ChargeState, payment: psp.Payment) -> tuple[bool, bool]:
        if service.receipts_of(ORDER):
            return False, False
        time.sleep(0.1)
        if not provider_results._insert_receipt(charge_id, payment):
            outbox.publish(PaymentReceived(str(uuid.uuid4()), str(charge_id), str(ORDER), payment.amount))
        return True, True

    # This replaces the statement that moves the charge and writes the receipt; its row lock is the guard.
    monkeypatch.setattr(provider_results, "_record_paid", unguarded)
    receipts, published = record_at_once(charge)
    assert receipts == 1
    assert published > 1
