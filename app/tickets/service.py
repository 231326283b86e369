"""ticket-service: issue, sign, show, revoke, admit. Verbs work in the caller's transaction.

Only `pdf_of` and `pdf_link` speak to the storage. `sign_anew` alone commits, batch by batch.
"""

from __future__ import annotations

from app.tickets.admission import TriedBefore, admission, admit, admit_early, attendance
from app.tickets.documents import StorageError, document, pdf_link, pdf_of
from app.tickets.issuing import AlreadyAdmitted, issue, of_order, revoke
from app.tickets.opening import opens_at, opens_before
from app.tickets.retention import export as export_tickets
from app.tickets.retention import withdraw_documents
from app.tickets.rotation import rotate_key, sign_anew
from app.tickets.scanners import CODE_LENGTH, MOST_CODES, codes_in
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
from app.tickets.wording import companion_line, proof_wanted, type_name, type_short, version_name

__all__ = [
    "CODE_LENGTH",
    "MOST_CODES",
    "VERDICTS",
    "Admission",
    "AlreadyAdmitted",
    "Attendance",
    "Concession",
    "Document",
    "IssueFacts",
    "StorageError",
    "Ticket",
    "TicketLine",
    "TriedBefore",
    "admission",
    "admit",
    "admit_early",
    "attendance",
    "codes_in",
    "companion_line",
    "document",
    "export_tickets",
    "issue",
    "of_order",
    "opens_at",
    "opens_before",
    "pdf_link",
    "pdf_of",
    "proof_wanted",
    "revoke",
    "rotate_key",
    "sign_anew",
    "type_name",
    "type_short",
    "version_name",
    "withdraw_documents",
]
