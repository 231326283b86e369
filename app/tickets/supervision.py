"""What a supervisor decides at the door: admit against a refusal, undo an admission, let a person out and in again.

Each decision is about a try that the same account made a short time ago. It moves the ticket by one conditional update,
whose row count is checked, and is logged with the supervisor and the reason. The caller checks that the supervisor may
decide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

from sqlalchemy import text

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.moves import Move, move
from app.core.text_input import visible_line
from app.events import service as events
from app.tickets import admission_log, ticket_admission
from app.tickets.admission_log import Decision, Door
from app.tickets.door_views import ADMITTED_VERDICTS, REASONS, Admission
from app.tickets.states import TICKET
from app.tickets.views import Ticket

Action = Literal["admit", "undo", "let_out"]
ACTIONS: Final[tuple[Action, ...]] = ("admit", "undo", "let_out")
MAX_NOTE_LENGTH = 120
# A supervisor can admit against these refusals. A revoked ticket's seat is on sale again, and a forged one has none.
_OVERRIDDEN = ("already", "too_early", "over", "other_screening", "other_day", "other_cinema", "replaced")
_FIRST_ADMISSIONS = ("admitted", "admitted_early", "admitted_override")

_ADMIT_AGAIN = move(
    TICKET, "admit_again", columns="admitted_at = clock_timestamp(), gate = :gate, admitted_by = :by"
)
_LET_OUT = move(TICKET, "let_out", columns="left_at = clock_timestamp()")
_LOCK = text("select id from tickets.tickets where id = :id for update")
_LAST_CHANGE = text(
    "select max(id) from tickets.admissions where ticket_id = :id and verdict = any(:verdicts)"
)


class Superseded(Conflict):
    """The ticket was admitted, taken back, let out or revoked after the try that the decision is about."""

    def __init__(self) -> None:
        super().__init__("supervision.superseded")


def actions_on(admission: Admission) -> tuple[Action, ...]:
    """What a supervisor may decide about a try; empty if nothing."""
    if admission.verdict in _FIRST_ADMISSIONS:
        return ("undo", "let_out")
    if admission.verdict in ADMITTED_VERDICTS:
        return ("let_out",)
    if admission.verdict == "already":
        return ("admit", "let_out")
    return ("admit",) if admission.verdict in _OVERRIDDEN else ()


def checked_reason(reason: str, note: str) -> tuple[str, str]:
    """The reason and the note. Raises Invalid `reason.missing`, `reason.note_missing`, `reason.note_too_long`."""
    note = visible_line(note)
    if reason not in REASONS:
        raise Invalid("reason.missing", "reason")
    if reason == "other" and not note:
        raise Invalid("reason.note_missing", "note")
    if len(note) > MAX_NOTE_LENGTH:
        raise Invalid("reason.note_too_long", "note", most=MAX_NOTE_LENGTH)
    return reason, note


def decide(
    action: Action,
    tried: Admission,
    door: Door,
    *,
    supervisor_id: int,
    reason: str,
    note: str = "",
) -> Admission:
    """Carry out a supervisor's decision on the try `tried`, in the caller's transaction; returns the logged result.

    `tried` is from `recent_admission`. Admitting can still end in a refusal (`already`, `revoked`, `called_off`).
    Raises Invalid (`checked_reason`), NotFound if the try allows no such action, Superseded if the ticket has changed
    since, and DuplicateAttempt if this decision was made already.
    """
    reason, note = checked_reason(reason, note)
    if tried.ticket is None or action not in actions_on(tried):
        raise NotFound("action")
    once = f"{action} {tried.id}"  # a decision on a try is made once, also when its form is sent twice
    if (made := _row_with(once)) is not None:
        raise admission_log.DuplicateAttempt(made)
    try:
        result = _PERFORM[action](tried, tried.ticket, door)
    except Superseded:
        if (made := _row_with(once)) is not None:  # the same form, sent twice at the same moment
            raise admission_log.DuplicateAttempt(made) from None
        raise
    return admission_log.record(result, door, once, Decision(supervisor_id, tried.id, reason, note))


def _admit(tried: Admission, ticket: Ticket, door: Door) -> Admission:
    if tried.verdict == "already":
        return _admit_again(tried, ticket, door)
    found = ticket_admission.admit_ticket(ticket.id, door)
    is_plain = found.verdict != "admitted" or tried.verdict == "too_early"
    return found if is_plain else replace(found, verdict="admitted_override")


def _admit_again(tried: Admission, ticket: Ticket, door: Door) -> Admission:
    """Admit a second person with a used ticket, as when the first scan was of the wrong one of two tickets."""
    if events.is_cancelled(ticket.facts.screening_id):
        raise Superseded
    _perform(_ADMIT_AGAIN, ticket, gate=door.gate, by=door.actor.user_id)
    return replace(tried, verdict="admitted_again", gate=door.gate, by_user_id=door.actor.user_id)


def _undo(tried: Admission, ticket: Ticket, door: Door) -> Admission:
    """Make the ticket valid again. Only the last admission can be taken back."""
    _require_last_change(tried, ticket)
    _perform(ticket_admission.UNDO, ticket)
    return replace(tried, verdict="undone", left_in_order=tried.left_in_order + 1)


def _let_out(tried: Admission, ticket: Ticket, door: Door) -> Admission:
    if tried.admitted:
        _require_last_change(tried, ticket)
    _perform(_LET_OUT, ticket)
    return replace(tried, verdict="let_out")


def _require_last_change(tried: Admission, ticket: Ticket) -> None:
    """Lock the ticket; raise Superseded if another admission or decision changed it after the try.

    A change of a ticket and its row in the log are committed together, so the log has each change before this lock.
    """
    session = db.session()
    session.execute(_LOCK, {"id": ticket.id})
    changes = [*ADMITTED_VERDICTS, "undone", "let_out"]
    if session.execute(_LAST_CHANGE, {"id": ticket.id, "verdicts": changes}).scalar() != tried.id:
        raise Superseded


def _perform(change: Move, ticket: Ticket, **values: object) -> None:
    if change.perform(id=ticket.id, **values) is None:
        raise Superseded


def _row_with(once: str) -> int | None:
    found = text("select id from tickets.admissions where once = :once")
    row = db.session().execute(found, {"once": once}).one_or_none()
    return int(row.id) if row is not None else None


_PERFORM: Final[dict[Action, Callable[[Admission, Ticket, Door], Admission]]] = {
    "admit": _admit,
    "undo": _undo,
    "let_out": _let_out,
}
