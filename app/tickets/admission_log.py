"""The log of tries at the door: one row for each try, with its verdict, place and account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, text

from app.core import db
from app.core.actor import Actor
from app.core.errors import Conflict, NotFound
from app.tickets.views import Admission, IssueFacts, Ticket

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


class DuplicateAttempt(Conflict):
    """The form with this once-token was sent a moment ago; `admission_id` is the row with its answer."""

    def __init__(self, admission_id: int) -> None:
        super().__init__("admission.once")
        self.admission_id = admission_id


def unused_once_token(once: str) -> str | None:
    """`once` if no row has it. None if an old row has it: a page from the browser's history is a new try.

    Raises DuplicateAttempt if a row of the last REPEAT_SECONDS has it.
    """
    row = db.session().execute(
        text(
            "select id, at > clock_timestamp() - make_interval(secs => :seconds) as is_repeat"
            " from tickets.admissions where once = :once"
        ),
        {"once": once, "seconds": REPEAT_SECONDS},
    ).one_or_none()  # fmt: skip
    if row is None:
        return once
    if row.is_repeat:
        raise DuplicateAttempt(row.id)
    return None


def record(admission: Admission, door: Door, once: str | None) -> Admission:
    """Write the row of a try; returns the admission with the row's id.

    Raises DuplicateAttempt when the same form was sent at the same moment: the caller must not commit then.
    """
    row = db.session().execute(
        text(
            "insert into tickets.admissions (verdict, ticket_id, screening_id, gate, by_user_id, once)"
            " values (:verdict, :ticket_id, :screening_id, :gate, :by, :once)"
            " on conflict (once) do nothing returning id"
        ),
        {
            "verdict": admission.verdict,
            "ticket_id": admission.ticket.id if admission.ticket else None,
            "screening_id": door.screening_id,
            "gate": door.gate,
            "by": door.actor.user_id,
            "once": once,
        },
    ).one_or_none()  # fmt: skip
    if row is None:
        first = text("select id from tickets.admissions where once = :once")
        raise DuplicateAttempt(db.session().execute(first, {"once": once}).scalar_one())
    return replace(admission, id=row.id)


def recent_admission(admission_id: int, actor: Actor, *, seconds: int) -> Admission:
    """The answer to a try that the actor's account made in the last `seconds`. Raises NotFound.

    A page that is loaded again shows it again. Later it would be mistaken for the answer to another person's ticket.
    """
    row = db.session().execute(
        text(
            "select a.verdict, t.*, i.facts from tickets.admissions a left join tickets.tickets t on t.id = a.ticket_id"
            " left join tickets.issues i using (order_id) where a.id = :id and a.by_user_id = :by"
            " and a.at > clock_timestamp() - make_interval(secs => :seconds)"
        ),
        {"id": admission_id, "by": actor.user_id, "seconds": seconds},
    ).one_or_none() if 0 < admission_id < 2**63 else None  # fmt: skip
    if row is None:
        raise NotFound("admission")
    admission = admission_of(row.verdict, row) if row.facts is not None else Admission(row.verdict)
    return replace(admission, id=admission_id)


def admission_of(verdict: str, row: Row[Any]) -> Admission:
    """The verdict on a known ticket; `row` has the columns of the ticket and the facts of its issue."""
    ticket = Ticket.of(row, IssueFacts.of(row.facts))
    return Admission(verdict, ticket, row.admitted_at, row.gate, row.admitted_by)
