"""ticket-service: issues, signs, shows, revokes and admits tickets. Verbs work in the caller's transaction.

Only `pdf_of` and `pdf_link` read the storage. Only `re_sign_tickets` commits, after each batch.
"""

from __future__ import annotations

from app.tickets.admission import admit, admit_once, identify
from app.tickets.admission_log import MAX_GATE_LENGTH, Door, DuplicateAttempt, recent_admission
from app.tickets.attendance import attendance, attendance_by_type, of_screening
from app.tickets.documents import StorageError, document, pdf_link, pdf_of
from app.tickets.door_opening import opening_lead_time, opens_at
from app.tickets.door_views import (
    ADMITTED_VERDICTS,
    CONFLICT_REASONS,
    REASONS,
    VERDICTS,
    Admission,
    Attendance,
    Conflict,
    DoorKey,
    DoorState,
    DoorTicket,
    OfflineScan,
    ScanResult,
)
from app.tickets.issuing import AlreadyAdmitted, issue, of_order, revoke
from app.tickets.key_rotation import KeysChanged, KeyWaits, re_sign_tickets, rotate_key
from app.tickets.key_states import KeyState, key_states
from app.tickets.labels import (
    age_label,
    companion_line,
    door_types,
    required_proof,
    type_name,
    type_short,
    version_name,
)
from app.tickets.offline_scans import record_offline, recorded_result
from app.tickets.offline_tickets import door_state, is_of_the_future, offline_tickets, recent_conflicts
from app.tickets.retention import export as export_tickets
from app.tickets.retention import withdraw_documents
from app.tickets.scanner_input import CODE_LENGTH, MAX_CODES, layout_tables, split_codes
from app.tickets.supervision import (
    ACTIONS,
    MAX_NOTE_LENGTH,
    Action,
    Superseded,
    actions_on,
    checked_reason,
    decide,
)
from app.tickets.views import Concession, Document, IssueFacts, Ticket, TicketLine

__all__ = [
    "ACTIONS",
    "ADMITTED_VERDICTS",
    "CODE_LENGTH",
    "CONFLICT_REASONS",
    "MAX_CODES",
    "MAX_GATE_LENGTH",
    "MAX_NOTE_LENGTH",
    "REASONS",
    "VERDICTS",
    "Action",
    "Admission",
    "AlreadyAdmitted",
    "Attendance",
    "Concession",
    "Conflict",
    "Document",
    "Door",
    "DoorKey",
    "DoorState",
    "DoorTicket",
    "DuplicateAttempt",
    "IssueFacts",
    "KeyState",
    "KeyWaits",
    "KeysChanged",
    "OfflineScan",
    "ScanResult",
    "StorageError",
    "Superseded",
    "Ticket",
    "TicketLine",
    "actions_on",
    "admit",
    "admit_once",
    "age_label",
    "attendance",
    "attendance_by_type",
    "checked_reason",
    "companion_line",
    "decide",
    "document",
    "door_state",
    "door_types",
    "export_tickets",
    "identify",
    "is_of_the_future",
    "issue",
    "key_states",
    "layout_tables",
    "of_order",
    "of_screening",
    "offline_tickets",
    "opening_lead_time",
    "opens_at",
    "pdf_link",
    "pdf_of",
    "re_sign_tickets",
    "recent_admission",
    "recent_conflicts",
    "record_offline",
    "recorded_result",
    "required_proof",
    "revoke",
    "rotate_key",
    "split_codes",
    "type_name",
    "type_short",
    "version_name",
    "withdraw_documents",
]
