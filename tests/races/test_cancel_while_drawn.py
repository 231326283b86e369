"""An order is cancelled while its PDF is written down: whoever is second knows of the first, and no mail goes out."""

from __future__ import annotations

import threading
import time
import uuid

import pytest
from sqlalchemy import text

from app.core import db, outbox, worker
from app.core.messages import OrderPaid
from app.dispatch import routes
from app.tickets import documents, service
from tests.races.crowd import somebody_waits
from tests.tickets.conftest import FULL, make_facts

pytestmark = pytest.mark.usefixtures("database")


def mails_after_cancelling() -> int:
    """The tickets are revoked, and not committed, when their PDF is to be written down."""
    order_id = paid()
    drawing = threading.Thread(target=worker.drain, args=(routes(("tickets",)),), daemon=True)
    with db.transaction():
        service.revoke(order_id)
        drawing.start()
        while drawing.is_alive() and not somebody_waits():
            time.sleep(0.01)
    drawing.join(20)
    assert not drawing.is_alive()
    with db.reading() as session:
        return session.execute(
            text("select count(*) from core.outbox where kind = 'TicketsReady'")
        ).scalar_one()


def paid() -> uuid.UUID:
    facts = make_facts()
    with db.transaction():
        service.issue(facts, [FULL])
        outbox.publish(OrderPaid(str(facts.order_id), "LUZ472", "/orders/x", "ana@example.com", "Ana", "en"))
    return facts.order_id


def test_no_mail_goes_out() -> None:
    assert mails_after_cancelling() == 0


def test_control_without_the_lock_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked = str(documents._RECORD).replace("order by id for share", "")
    monkeypatch.setattr(documents, "_RECORD", text(unlocked))
    assert mails_after_cancelling() == 1
