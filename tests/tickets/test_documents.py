"""A paid order's PDF: the worker makes, stores, records and announces it once, and never for revoked tickets."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from app.core import db, handling, outbox, worker
from app.core.config import Settings
from app.core.messages import Message, OrderPaid, TicketsResigned, TicketsRevoked
from app.dispatch import routes
from app.tickets import documents, pdf_layout, service
from tests.tickets.conftest import Issue, admit, retire_keys


@pytest.fixture(autouse=True)
def _empty_folder(settings: Settings) -> Iterator[None]:
    yield
    for path in settings.ticket_folder.rglob("*.pdf"):
        path.unlink()


def paid(ticket: service.Ticket, locale: str = "pt_BR") -> None:
    with db.transaction():
        outbox.publish(
            OrderPaid(
                str(ticket.order_id),
                "LUZ472",
                "token",
                "ana@example.com",
                "Ana",
                locale,
                {"total": 5700},
            )
        )


def work() -> None:
    worker.drain(routes(("tickets",)))


def announced() -> list[dict[str, Any]]:
    with db.reading() as session:
        rows = session.execute(text("select payload from core.outbox where kind = 'TicketsReady'"))
        return [row.payload for row in rows]


def make_all_due() -> None:
    with db.transaction() as session:
        session.execute(text("update core.outbox set available_at = clock_timestamp() where dead_at is null"))


def pdf_of(order_id: uuid.UUID) -> bytes | None:
    with db.reading():
        return service.pdf_of(order_id)


def test_a_paid_order_gets_its_pdf_and_then_its_mail(issue: Issue) -> None:
    ticket = issue()[0]
    assert pdf_of(ticket.order_id) is None
    paid(ticket)
    work()
    content = pdf_of(ticket.order_id)
    assert content is not None
    assert len(PdfReader(BytesIO(content)).pages) == 2
    (message,) = announced()
    assert message["order_id"] == str(ticket.order_id)
    assert message["email"] == "ana@example.com"
    assert message["facts"] == {
        "total": 5700,
        "address": "Rua da Consolação, 2403",
        "opens_at": service.opens_at(ticket.facts.starts_at).isoformat(),
        "half_price": [{"seats": ["F8"], "proof": "CIE com foto"}],
        "to_fetch": ["1 × Combo Sessão dupla"],
    }
    assert documents.storage().get(message["storage_key"]) == content


def test_the_pdf_has_the_language_of_the_mail(issue: Issue) -> None:
    ticket = issue()[0]
    paid(ticket, "en")
    work()
    reader = PdfReader(BytesIO(pdf_of(ticket.order_id) or b""))
    assert str(reader.root_object["/Lang"]) == "en"
    assert "METROPOLIS" in reader.pages[0].extract_text()


def test_a_repeated_message_writes_the_same_file(issue: Issue, settings: Settings) -> None:
    ticket = issue()[0]
    paid(ticket)
    work()
    paid(ticket)
    work()
    assert len(list(settings.ticket_folder.rglob("*.pdf"))) == 1
    assert len({message["storage_key"] for message in announced()}) == 1


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


def revoke(ticket: service.Ticket) -> None:
    with db.transaction():
        service.revoke(ticket.order_id)


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


def announced_with_change(
    happens: Callable[[], None], ticket: service.Ticket, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """The single TicketsReady message of a PDF; `happens` runs while the PDF is made."""
    during_rendering(monkeypatch, happens)
    paid(ticket)
    work()
    make_all_due()
    work()
    (message,) = announced()
    return message


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


def only(kind: type[Message]) -> dict[tuple[str, type[Message]], handling.Handler]:
    return {("tickets", kind): routes()["tickets", kind]}


def during_rendering(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Run `act` when the next PDF is rendered and not stored yet."""
    drawing = pdf_layout.render_pdf

    def draw(*args: Any) -> bytes:
        content = drawing(*args)
        monkeypatch.setattr(pdf_layout, "render_pdf", drawing)
        elsewhere = threading.Thread(target=act)
        elsewhere.start()
        elsewhere.join()
        return content

    monkeypatch.setattr(pdf_layout, "render_pdf", draw)


def test_a_failing_storage_is_tried_again(
    issue: Issue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = issue()[0]
    settings.ticket_folder.parent.mkdir(parents=True, exist_ok=True)
    away = Path(f"{settings.ticket_folder}-away")
    if settings.ticket_folder.exists():
        settings.ticket_folder.rename(away)
    settings.ticket_folder.write_text("something else lies where the folder should be")
    try:
        paid(ticket)
        work()
        assert announced() == []
    finally:
        settings.ticket_folder.unlink()
        if away.exists():
            away.rename(settings.ticket_folder)
    make_all_due()
    work()
    assert len(announced()) == 1


def test_a_missing_file_is_no_pdf_and_no_error(issue: Issue, settings: Settings) -> None:
    ticket = issue()[0]
    paid(ticket)
    work()
    for path in settings.ticket_folder.rglob("*.pdf"):
        path.unlink()
    assert pdf_of(ticket.order_id) is None


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


def test_an_admitted_ticket_keeps_its_pdf(issue: Issue) -> None:
    ticket = issue()[0]
    paid(ticket)
    admit(ticket.qr_text)
    work()
    assert len(PdfReader(BytesIO(pdf_of(ticket.order_id) or b"")).pages) == 2


def test_a_folder_storage_has_no_links(issue: Issue) -> None:
    ticket = issue()[0]
    paid(ticket)
    work()
    with db.reading():
        assert service.pdf_link(ticket.order_id, "Ingressos.pdf") is None


def test_files_are_spread_over_folders_for_both_kinds_of_ids() -> None:
    """Ids that begin with the time must not all be in one folder; files of older orders keep their folders."""
    older = uuid.UUID("ab345678-1234-4678-9234-567812345678")
    newer = uuid.UUID("01a226e5-7591-7179-aa10-44fbced62ecd")
    assert documents.storage_key(older, 1) == "orders/ab/ab345678123446789234567812345678-1.pdf"
    assert documents.storage_key(newer, 2) == "orders/cd/01a226e575917179aa1044fbced62ecd-2.pdf"
