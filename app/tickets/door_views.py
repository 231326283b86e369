"""The values of ticket-service for the door: verdicts, attendance, what a door without a network keeps and sends."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from app.tickets.views import Concession, Ticket


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer to a try at the door: `verdict` is of VERDICTS, `ticket` None if unknown, `id` the row of the try.

    `order_size` counts the order's tickets that are not revoked, `left_in_order` those that are not used yet.
    `is_first_of_order`: no other ticket of the order was admitted before this one. A supervisor's decision has its
    `reason` (of REASONS) and `note`. `attendance` is that after an admission, where the caller asked for it.
    """

    verdict: str
    ticket: Ticket | None = None
    admitted_at: datetime | None = None
    gate: str | None = None
    by_user_id: int | None = None
    id: int = 0
    order_size: int = 1
    left_in_order: int = 0
    is_first_of_order: bool = True
    supervisor_id: int | None = None
    reason: str = ""
    note: str = ""
    attendance: Attendance | None = None

    @property
    def admitted(self) -> bool:
        return self.verdict in ADMITTED_VERDICTS

    @property
    def proof(self) -> str | None:
        """The half-price kind whose proof the door asks for; None if no document is needed."""
        return self.ticket.half_kind if self.ticket is not None else None

    @property
    def concessions(self) -> Sequence[Concession]:
        """What the order picks up at the counter; only the first person of the order is told."""
        return self.ticket.facts.concessions if self.ticket is not None and self.is_first_of_order else ()


ADMITTED_VERDICTS = (
    "admitted",
    "readmitted",  # the person was let out and came back
    # As a supervisor decided: before the auditorium opened, against another refusal, a second person.
    "admitted_early",
    "admitted_override",
    "admitted_again",
    "admitted_offline",  # by a door without a network; the row was written later
)
VERDICTS = (
    *ADMITTED_VERDICTS,
    "undone",  # a supervisor took the admission back
    "let_out",  # a supervisor let the person out for a while
    "conflict",  # let in by a door without a network, although the ticket admits nobody: see CONFLICT_REASONS
    "already",
    "revoked",
    "called_off",
    "unknown",
    "order_code",
    "forged",
    "unknown_key",
    "cut",
    "garbled",
    "replaced",
    "other_screening",
    "other_day",
    "other_cinema",
    "too_early",
    "over",
)

# Why a supervisor decided; `other` needs a note.
REASONS = ("mistake", "came_back", "moved", "paper", "other")


@dataclass(frozen=True, slots=True)
class Attendance:
    """The numbers of ticket holders of a screening who are inside, still expected, and let out for a while."""

    inside: int
    missing: int
    outside: int = 0

    @property
    def sold(self) -> int:
        return self.inside + self.missing + self.outside

    def __add__(self, other: Attendance) -> Attendance:
        return Attendance(
            self.inside + other.inside, self.missing + other.missing, self.outside + other.outside
        )


# Why the server would have refused a person whom a door without a network let in.
CONFLICT_REASONS = (
    # The ticket stays as it is:
    "twice",  # it was admitted at another door
    "revoked",
    "called_off",
    # The ticket is admitted all the same, because the person is inside:
    "undone",  # a supervisor undid an admission of it after the scan
    "replaced",
    "other_cinema",
    "other_day",
    "other_screening",
    "too_early",
    "over",
)


@dataclass(frozen=True, slots=True)
class OfflineScan:
    """A scan with which a door without a network let a person in. `nonce` is the scan's own id, made by the device.

    `at` is the time by the device's clock; None if it sent none.
    """

    nonce: uuid.UUID
    text: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What became of an offline scan: `admitted`, `conflict` with its `reason`, or a verdict that refuses the text.

    `at` is the time of the scan as it was stored; `other_*` is the fact that speaks against it.
    """

    verdict: str
    at: datetime
    reason: str = ""
    other_at: datetime | None = None
    other_gate: str = ""
    other_by: int | None = None


class DoorTicket(NamedTuple):
    """A ticket as a door without a network keeps it."""

    id: uuid.UUID
    screening_id: int
    order_id: uuid.UUID
    order_code: str
    row_label: str
    seat_number: str
    section: str
    ticket_type: str
    half_kind: str | None
    code: str
    kid: int
    revision: int
    state: str
    admitted_at: datetime | None
    gate: str | None


@dataclass(frozen=True, slots=True)
class DoorKey:
    """A public key that verifies tickets; a `blocked` one verifies none."""

    kid: int
    public: bytes
    signs_from: datetime
    blocked: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """An admission without a network that the server would have refused; `reason` is of CONFLICT_REASONS."""

    id: int
    ticket_id: uuid.UUID
    screening_id: int
    seat_name: str
    reason: str
    other_at: datetime | None
    other_gate: str
    other_by: int | None
    scanned_at: datetime
    gate: str
    by_user_id: int | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class DoorState:
    """What all doors of a site need beside the tickets. `snapshot` names the changes that were visible then.

    Changes after it are asked for with `offline_tickets(…, since=snapshot)`.
    """

    snapshot: str
    now: datetime
    keys: tuple[DoorKey, ...]
    conflicts: tuple[Conflict, ...]
