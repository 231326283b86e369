"""Let the worker make PDFs of paid orders, with something that happens meanwhile."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.core import db, handling, outbox, worker
from app.core.messages import Message, OrderPaid
from app.dispatch import routes
from app.tickets import pdf_layout, service


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


def revoke(ticket: service.Ticket) -> None:
    with db.transaction():
        service.revoke(ticket.order_id)


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
