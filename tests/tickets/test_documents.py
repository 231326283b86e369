"""A paid order's PDF: the worker makes, stores, records and announces it once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.core import db
from app.core.config import Settings
from app.tickets import documents, service
from tests.tickets.conftest import Issue, admit
from tests.tickets.document_work import announced, make_all_due, paid, pdf_of, work


@pytest.fixture(autouse=True)
def _empty_folder(settings: Settings) -> Iterator[None]:
    yield
    for path in settings.ticket_folder.rglob("*.pdf"):
        path.unlink()


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
