"""ticket-service: issue, sign, show, revoke, admit. Verbs work in the caller's transaction; nothing here is networked
but `pdf_of`, which reads the storage."""

from __future__ import annotations

from app.tickets.admission import admit, attendance
from app.tickets.issuing import AlreadyAdmitted, issue, of_order, revoke
from app.tickets.views import (
    VERDICTS,
    Admission,
    Attendance,
    Concession,
    Document,
    IssueFacts,
    Ticket,
    TicketLine,
)

__all__ = [
    "VERDICTS",
    "Admission",
    "AlreadyAdmitted",
    "Attendance",
    "Concession",
    "Document",
    "IssueFacts",
    "Ticket",
    "TicketLine",
    "admit",
    "attendance",
    "issue",
    "of_order",
    "revoke",
]
