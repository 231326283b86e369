"""PDFs of orders that are cancelled, and of tickets that are signed again: none is mailed with what no longer holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from app.core import db, worker
from app.core.config import Settings
from app.core.messages import TicketsResigned, TicketsRevoked
from app.tickets import documents, pdf_layout, service
from tests.tickets.conftest import Issue, retire_keys
from tests.tickets.document_work import (
    announced,
    announced_with_change,
    during_rendering,
    only,
    paid,
    pdf_of,
    revoke,
    work,
)


@pytest.fixture(autouse=True)
def _empty_folder(settings: Settings) -> Iterator[None]:
    yield
    for path in settings.ticket_folder.rglob("*.pdf"):
        path.unlink()


def test_revoked_tickets_get_no_pdf_and_no_mail(issue: Issue) -> None:
    ticket = issue()[0]
    with db.transaction():
        service.revoke(ticket.order_id)
    paid(ticket)
    work()
    assert pdf_of(ticket.order_id) is None
    assert announced() == []


def test_an_order_cancelled_while_its_pdf_is_made_gets_no_mail(
    issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = issue()[0]
    printing = pdf_layout.render_pdf

    def slow(*args: Any) -> bytes:
        content = printing(*args)
        with db.transaction():
            service.revoke(ticket.order_id)
        return content

    monkeypatch.setattr(pdf_layout, "render_pdf", slow)
    paid(ticket)
    work()
    assert announced() == []
    with db.reading():
        assert service.document(ticket.order_id) is None


def test_the_pdf_of_a_cancelled_order_is_not_available(issue: Issue) -> None:
    ticket = issue()[0]
    paid(ticket)
    work()
    with db.transaction():
        service.revoke(ticket.order_id)
    assert pdf_of(ticket.order_id) is None


def test_the_waiting_mail_of_a_cancelled_order_is_withdrawn(issue: Issue) -> None:
    ticket, other = issue()[0], issue(screening_id=42)[0]
    paid(ticket)
    paid(other)
    work()
    revoke(ticket)
    assert [message["order_id"] for message in announced()] == [str(other.order_id)]


def test_the_pdf_of_a_cancelled_order_is_deleted(issue: Issue, settings: Settings) -> None:
    """The PDF of an older key is deleted too; those of other orders stay."""
    ticket, other = issue()[0], issue(screening_id=42)[0]
    paid(ticket)
    paid(other)
    work()
    retire_keys()
    work()
    assert len(list(settings.ticket_folder.rglob("*.pdf"))) == 4
    revoke(ticket)
    work()
    left = list(settings.ticket_folder.rglob("*.pdf"))
    assert len(left) == 2
    assert all(other.order_id.hex in path.name for path in left)
    assert pdf_of(other.order_id) is not None
    with db.reading() as session:
        kept = session.execute(text("select order_id from tickets.documents")).scalars().all()
    assert kept == [other.order_id]


def test_a_pdf_stored_after_the_cancellation_is_deleted(
    issue: Issue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is stored after the deletion ran."""
    ticket = issue()[0]

    def cancel() -> None:
        revoke(ticket)
        worker.drain(only(TicketsRevoked))

    during_rendering(monkeypatch, cancel)
    paid(ticket)
    work()
    assert list(settings.ticket_folder.rglob("*.pdf")) == []
    assert announced() == []


def test_tickets_re_signed_while_their_pdf_is_made_get_their_mail(
    issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker stores the new PDF first."""
    ticket = issue()[0]

    def re_sign_tickets() -> None:
        retire_keys()
        worker.drain(only(TicketsResigned))

    message = announced_with_change(re_sign_tickets, ticket, monkeypatch)
    assert documents.storage().get(message["storage_key"]) == pdf_of(ticket.order_id)


def test_no_mail_carries_qr_codes_of_a_retired_key(issue: Issue, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = issue()[0]

    def re_sign_tickets() -> None:
        retire_keys()

    message = announced_with_change(re_sign_tickets, ticket, monkeypatch)
    assert message["storage_key"] == documents.storage_key(ticket.order_id, 2)


def test_a_new_key_makes_a_new_pdf_without_a_second_mail(issue: Issue) -> None:
    ticket = issue()[0]
    paid(ticket)
    work()
    before = pdf_of(ticket.order_id)
    retire_keys()
    assert pdf_of(ticket.order_id) is None, "the PDF with the retired QR codes is not available"
    work()
    after = pdf_of(ticket.order_id)
    assert after is not None
    assert after != before
    assert len(announced()) == 1
