"""The log of the door: one row for each try and for each decision of a supervisor. Rows are only added."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.core import db, metrics, telemetry
from app.core.actor import Actor
from app.core.errors import Conflict, NotFound
from app.core.state_machine import none_of, one_of
from app.tickets.door_views import Admission
from app.tickets.states import REVOKED, VALID
from app.tickets.views import IssueFacts, Ticket

# What else of a ticket's order (the ticket is `t`) a verdict has.
ORDER_COLUMNS = f"""
    (select count(*) from tickets.tickets o where o.order_id = t.order_id
        and {none_of("o.state", (REVOKED,))}) as order_size,
    (select count(*) from tickets.tickets o where o.order_id = t.order_id and o.id <> t.id
        and {one_of("o.state", (VALID,))}) as left_in_order,
    not exists (select from tickets.tickets o where o.order_id = t.order_id and o.id <> t.id
        and o.admitted_at < t.admitted_at) as is_first_of_order"""
MAX_GATE_LENGTH = 40
# A form that comes a second time within this time is the same try: some scanners press Enter twice.
REPEAT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Door:
    """The actor and the place of a try. Without a screening, the door admits to every open one; without a cinema, at
    every site."""

    actor: Actor
    gate: str
    screening_id: int | None = None
    cinema_id: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A supervisor's decision on the try `previous_id`: who decided and why (`reason` is of door_views.REASONS)."""

    supervisor_id: int
    previous_id: int
    reason: str
    note: str = ""


class DuplicateAttempt(Conflict):
    """The form with this once-token was sent a moment ago; `admission_id` is the row with its answer."""

    def __init__(self, admission_id: int) -> None:
        super().__init__("admission.once")
        self.admission_id = admission_id


def online_token(nonce: uuid.UUID) -> str:
    """The once-token of a try that a device sent, with the scan's nonce, while it had a network."""
    return f"online {nonce}"


def offline_token(nonce: uuid.UUID) -> str:
    """The once-token of the same scan, if the device sent it later as one that it made without a network."""
    return f"offline {nonce}"


# The rows of one try's tokens. `is_repeat`: this try got its answer a moment ago, or as an offline scan at any time.
REPEATS = """
    select id, once = :offline or at > clock_timestamp() - make_interval(secs => :repeat_seconds) as is_repeat
    from tickets.admissions where once in (:once, :offline)"""
_REPEATS = text(REPEATS)


@dataclass(frozen=True, slots=True)
class Tokens:
    """By what a try is known again: its own once-token, and that which the same scan has as an offline one."""

    once: str | None = None
    offline: str = ""

    @classmethod
    def of(cls, once: str | None, nonce: uuid.UUID | None) -> Tokens:
        """The tokens of a form's once-token, or of a scan's nonce."""
        return cls(once) if nonce is None else cls(online_token(nonce), offline_token(nonce))

    @classmethod
    def for_ever(cls, once: str) -> Tokens:
        """The token of a try that is a repeat however late it comes again, as an offline scan is."""
        return cls(once, once)

    @property
    def values(self) -> dict[str, object]:
        """The values of REPEATS."""
        return {"once": self.once, "offline": self.offline, "repeat_seconds": REPEAT_SECONDS}


def unused(tokens: Tokens) -> str | None:
    """The once-token if no row has it. None if an old row has it: a page from the browser's history is a new try.

    Raises DuplicateAttempt if a row of the last REPEAT_SECONDS has it, or one of the same scan as an offline one.
    """
    if tokens.once is None:
        return None
    rows = db.session().execute(_REPEATS, tokens.values).all()
    for row in rows:
        if row.is_repeat:
            raise DuplicateAttempt(row.id)
    return None if rows else tokens.once


def record(
    admission: Admission,
    door: Door,
    once: str | None,
    decision: Decision | None = None,
    *,
    ticket_id: uuid.UUID | None = None,
    scanned_at: datetime | None = None,
) -> Admission:
    """Write the row of a try; returns the admission with the row's id.

    `scanned_at` is the time of a scan that arrives late, `ticket_id` its ticket.

    Raises DuplicateAttempt when the same form was sent at the same moment: the caller must not commit then.
    """
    row = db.session().execute(
        text(
            "insert into tickets.admissions (verdict, ticket_id, screening_id, gate, by_user_id, once,"
            " device, supervisor_id, previous_id, reason, note, scanned_at)"
            " values (:verdict, :ticket_id, :screening_id, :gate, :by, :once,"
            " :device, :supervisor, :previous, :reason, :note, :scanned_at)"
            " on conflict (once) do nothing returning id"
        ),
        {
            "verdict": admission.verdict,
            "ticket_id": admission.ticket.id if admission.ticket else ticket_id,
            "screening_id": door.screening_id,
            "gate": door.gate,
            "by": door.actor.user_id,
            "once": once,
            "device": door.actor.device,
            "scanned_at": scanned_at,
        }
        | _decision_values(decision),
    ).one_or_none()  # fmt: skip
    if row is None:
        raise DuplicateAttempt(first_row(once))
    count(admission.verdict)
    return _with_decision(replace(admission, id=row.id), decision)


def count(verdict: str) -> None:
    """Count a try by its verdict, after the commit."""
    telemetry.record_committed(metrics.ADMISSIONS, labels={"verdict": verdict})
    if verdict == "already":
        telemetry.record_committed(metrics.GUARDS, labels={"guard": "admission"})


def first_row(once: str | None) -> int:
    """The id of the row that has the once-token."""
    found = text("select id from tickets.admissions where once = :once")
    return int(db.session().execute(found, {"once": once}).scalar_one())


def _decision_values(decision: Decision | None) -> dict[str, object]:
    return {
        "supervisor": decision.supervisor_id if decision else None,
        "previous": decision.previous_id if decision else None,
        "reason": decision.reason if decision else None,
        "note": decision.note or None if decision else None,
    }


def _with_decision(admission: Admission, decision: Decision | None) -> Admission:
    if decision is None:
        return admission
    return replace(
        admission, supervisor_id=decision.supervisor_id, reason=decision.reason, note=decision.note
    )


def recent_admission(admission_id: int, actor: Actor, *, seconds: int) -> Admission:
    """The answer to a try that the actor's account made in the last `seconds`. Raises NotFound.

    A page that is loaded again shows it again. Later it would be mistaken for the answer to another person's ticket.
    """
    row = db.session().execute(
        text(
            f"select a.verdict, a.supervisor_id, a.reason, a.note, t.*, i.facts, {ORDER_COLUMNS}"
            " from tickets.admissions a left join tickets.tickets t on t.id = a.ticket_id"
            " left join tickets.issues i using (order_id) where a.id = :id and a.by_user_id = :by"
            " and a.at > clock_timestamp() - make_interval(secs => :seconds)"
        ),
        {"id": admission_id, "by": actor.user_id, "seconds": seconds},
    ).one_or_none() if 0 < admission_id < 2**63 else None  # fmt: skip
    if row is None:
        raise NotFound("admission")
    admission = admission_of(row.verdict, row) if row.facts is not None else Admission(row.verdict)
    return replace(
        admission,
        id=admission_id,
        supervisor_id=row.supervisor_id,
        reason=row.reason or "",
        note=row.note or "",
    )


def admission_of(verdict: str, row: Row[Any]) -> Admission:
    """The verdict on a known ticket; `row` has the columns of the ticket and the facts of its issue."""
    ticket = Ticket.of(row, IssueFacts.of(row.facts))
    return Admission(
        verdict,
        ticket,
        row.admitted_at,
        row.gate,
        row.admitted_by,
        order_size=row.order_size,
        left_in_order=row.left_in_order,
        is_first_of_order=row.is_first_of_order,
    )
