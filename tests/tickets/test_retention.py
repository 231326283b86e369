"""Deletion of ticket PDFs from the storage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.adapters.storage import StorageError
from app.core import db, outbox, worker
from app.core.config import Settings
from app.core.messages import OrderPaid
from app.dispatch import routes
from app.tickets import documents, retention, service
from app.tickets.service import Ticket
from tests.tickets.conftest import Issue, of_order

YEAR = timedelta(days=366)


@pytest.fixture(autouse=True)
def _empty_folder(settings: Settings) -> Iterator[None]:
    yield
    for path in settings.ticket_folder.rglob("*.pdf"):
        path.unlink()


def with_pdf(tickets: list[Ticket]) -> Ticket:
    message = OrderPaid(
        str(tickets[0].order_id), "LUZ472", "token", "ana@example.com", "Ana", "en", {"total": 5700}
    )
    with db.transaction():
        outbox.publish(message)
    worker.drain(routes(("tickets",)))
    assert is_stored(tickets[0])
    return tickets[0]


def is_stored(ticket: Ticket) -> bool:
    return documents.storage().exists(documents.storage_key(ticket.order_id, ticket.revision))


def is_recorded(ticket: Ticket) -> bool:
    with db.reading():
        return service.document(ticket.order_id) is not None


def test_a_pdf_is_deleted_a_year_after_its_screening(issue: Issue) -> None:
    now = datetime.now(UTC)
    old = with_pdf(issue(starts_at=now - YEAR - timedelta(hours=4), screening_id=1))
    young = with_pdf(issue(starts_at=now - timedelta(days=364), screening_id=2))
    retention.delete_old_documents()
    assert (is_stored(old), is_recorded(old)) == (False, False)
    assert (is_stored(young), is_recorded(young)) == (True, True)
    assert [ticket.state for ticket in of_order(old.order_id)] == ["valid", "valid"]


def test_rows_without_the_end_of_their_screening_get_it(issue: Issue) -> None:
    """The version before wrote such rows."""
    old = with_pdf(issue(starts_at=datetime.now(UTC) - YEAR))
    with db.transaction() as session:
        session.execute(text("update tickets.documents set ends_at = null"))
    retention.delete_old_documents()
    assert not is_stored(old)


def test_while_the_storage_fails_the_pdf_stays_recorded(
    issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = with_pdf(issue(starts_at=datetime.now(UTC) - YEAR))

    def fail(*_: Any) -> None:
        raise StorageError("away")

    with monkeypatch.context() as patched:
        patched.setattr(documents, "delete_revisions", fail)
        retention.delete_old_documents()
    assert is_recorded(old)
    retention.delete_old_documents()
    assert (is_stored(old), is_recorded(old)) == (False, False)


def test_an_unwanted_pdf_is_deleted_and_its_tickets_stay_valid(issue: Issue) -> None:
    ticket = with_pdf(issue())
    with db.transaction():
        outbox.publish(OrderPaid(str(ticket.order_id), "LUZ472", "token", "ana@example.com", "Ana", "en", {}))
        assert service.withdraw_documents([ticket.order_id]) == 2
    worker.drain(routes(("tickets",)))
    assert (is_stored(ticket), is_recorded(ticket)) == (False, False)
    assert [one.state for one in of_order(ticket.order_id)] == ["valid", "valid"]
