"""Race: an order is cancelled while its PDF is recorded; no mail is sent, and the transactions do not deadlock."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.core import db, outbox, worker
from app.core.messages import OrderPaid
from app.dispatch import routes
from app.tickets import documents, issuing, key_rotation, service
from tests.races.concurrency import deadlocks, of_kind, wait_until_blocked_or_ended, wait_until_count_blocked
from tests.tickets.conftest import FULL, STUDENT, make_facts

pytestmark = pytest.mark.usefixtures("database")


def mails_after_cancellation() -> int:
    """Record the PDF while its tickets are revoked and not committed; returns the number of mails."""
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


def test_no_mail_is_sent() -> None:
    assert mails_after_cancellation() == 0


def test_control_without_the_lock_a_mail_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked = str(documents._RECORD).replace("order by id for share", "")
    monkeypatch.setattr(documents, "_RECORD", text(unlocked))
    assert mails_after_cancellation() == 1


def collide() -> list[object]:
    """Run a cancellation and the recording of a PDF, which both wait for one locked ticket; returns the results.

    The locked ticket is the second in the table and the first by id. A statement that does not lock by id already has
    the other ticket.
    """
    order_id, wanted = order_stored_in_reverse()
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


def order_stored_in_reverse() -> tuple[uuid.UUID, uuid.UUID]:
    """An order whose tickets are stored in descending order of id, and the id of the second one."""
    facts = make_facts()
    with db.transaction() as session:
        lower, higher = sorted(ticket.id for ticket in service.issue(facts, [FULL, STUDENT]))
        # A row that is deleted and inserted again is stored after the other one.
        copy = "create temporary table moved on commit drop as select * from tickets.tickets where id = :id"
        session.execute(text(copy), {"id": lower})
        session.execute(text("delete from tickets.tickets where id = :id"), {"id": lower})
        session.execute(text("insert into tickets.tickets select * from moved"))
        on_disk = text("select id from tickets.tickets where order_id = :id order by ctid")
        assert session.execute(on_disk, {"id": facts.order_id}).scalars().all() == [higher, lower]
    return facts.order_id, lower


@pytest.mark.usefixtures("large_pool")
def test_recording_and_revoking_do_not_deadlock() -> None:
    results = collide()
    assert of_kind(results, Exception) == []
    assert 2 in results, "both tickets are revoked"


@pytest.mark.usefixtures("large_pool")
def test_control_without_the_order_by_id_they_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    unordered = str(issuing._REVOKE).replace("order by id for update", "")
    monkeypatch.setattr(issuing, "_REVOKE", text(unordered))
    assert deadlocks(collide()) == 1


def test_tickets_re_signed_meanwhile_are_revoked_too() -> None:
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
        assert key_rotation.re_sign_batch(facts.screening_id, range(kid)) == 2
        cancelling.start()
        wait_until_count_blocked(1)
    cancelling.join(20)
    assert results == [2]
