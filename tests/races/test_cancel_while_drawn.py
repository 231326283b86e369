"""An order is cancelled while its PDF is written down: whoever is second knows of the first, and neither hangs."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.core import db, outbox, worker
from app.core.messages import OrderPaid
from app.dispatch import routes
from app.tickets import documents, issuing, rotation, service
from tests.races.concurrency import deadlocks, of_kind, wait_until_blocked_or_ended, wait_until_count_blocked
from tests.tickets.conftest import FULL, STUDENT, make_facts

pytestmark = pytest.mark.usefixtures("database")


def mails_after_cancelling() -> int:
    """The tickets are revoked, and not committed, when their PDF is to be written down."""
    order_id = paid()
    drawing = threading.Thread(target=worker.drain, args=(routes(("tickets",)),), daemon=True)
    with db.transaction():
        service.revoke(order_id)
        drawing.start()
        wait_until_blocked_or_ended(drawing, 120)
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
        outbox.publish(OrderPaid(str(facts.order_id), "LUZ472", "token", "ana@example.com", "Ana", "en"))
    return facts.order_id


def test_no_mail_goes_out() -> None:
    assert mails_after_cancelling() == 0


def test_control_without_the_lock_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked = str(documents._RECORD).replace("order by id for share", "")
    monkeypatch.setattr(documents, "_RECORD", text(unlocked))
    assert mails_after_cancelling() == 1


def collide() -> list[object]:
    """Somebody has the ticket that both the cancellation and the PDF want; what became of the two when it is free.

    It lies second on the disk, but is the first by id: who does not go by id has the other one by then.
    """
    order_id, wanted = laid_out_backwards()
    results: list[object] = []

    def run(work: Callable[[], object]) -> threading.Thread:
        thread = threading.Thread(target=lambda: results.append(outcome(work)), daemon=True)
        thread.start()
        return thread

    with db.engine().begin() as other:
        other.execute(text("select 1 from tickets.tickets where id = :id for update"), {"id": wanted})
        drawn = run(lambda: documents.record(order_id, 1, "orders/x.pdf", 1))
        wait_until_count_blocked(1)
        cancelled = run(lambda: service.revoke(order_id))
        wait_until_count_blocked(2)
    for thread in (drawn, cancelled):
        thread.join(20)
        assert not thread.is_alive()
    return results


def outcome(work: Callable[[], object]) -> object:
    try:
        with db.transaction():
            return work()
    except Exception as error:
        return error


def laid_out_backwards() -> tuple[uuid.UUID, uuid.UUID]:
    """An order whose ticket with the greater id lies before the other; and that other one."""
    on_disk = text("select id from tickets.tickets where order_id = :id order by ctid")
    while True:
        facts = make_facts(screening_id=uuid.uuid4().int % 1_000_000)
        with db.transaction() as session:
            service.issue(facts, [FULL, STUDENT])
            first, second = session.execute(on_disk, {"id": facts.order_id}).scalars()
        if first > second:
            return facts.order_id, second


@pytest.mark.usefixtures("large_pool")
def test_neither_waits_for_the_other_for_ever() -> None:
    results = collide()
    assert of_kind(results, Exception) == []
    assert 2 in results, "both tickets are revoked"


@pytest.mark.usefixtures("large_pool")
def test_control_in_the_order_of_the_disk_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    as_they_lie = str(issuing._REVOKE).replace("order by id for update", "")
    monkeypatch.setattr(issuing, "_REVOKE", text(as_they_lie))
    assert deadlocks(collide()) == 1


def test_tickets_that_are_signed_anew_meanwhile_are_revoked_too() -> None:
    facts = make_facts()
    with db.transaction():
        service.issue(facts, [FULL, STUDENT])
    results: list[object] = []
    cancelling = threading.Thread(
        target=lambda: results.append(outcome(lambda: service.revoke(facts.order_id))), daemon=True
    )
    with db.transaction():
        kid = service.rotate_key(retire=True)
    with db.transaction():
        assert rotation.sign_batch(facts.screening_id, range(kid)) == 2
        cancelling.start()
        wait_until_count_blocked(1)
    cancelling.join(20)
    assert results == [2]
