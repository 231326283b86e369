"""Scans with which a door without a network let people in; they arrive later, each as often as the device sends it.

The person is inside, so a scan is never dropped: the ticket is admitted if it can be, and what speaks against it is
recorded as a conflict. The scan's nonce makes it count once.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from app.core import db
from app.core.i18n import local
from app.core.moves import move
from app.core.seat_names import full_name
from app.core.showtime import cinema_day
from app.core.state_machine import one_of
from app.events import service as events
from app.tickets import admission_log, partner_events, qr, scanner_input
from app.tickets.admission_log import Door, offline_token, online_token
from app.tickets.door_opening import opens_at
from app.tickets.door_views import ADMITTED_VERDICTS, Admission, OfflineScan, ScanResult
from app.tickets.scanned_text import ticket_of_text
from app.tickets.states import OUTSIDE, REVOKED, TICKET, USED, VALID
from app.tickets.views import IssueFacts


class _Objection(NamedTuple):
    """Why the server would have refused the scan, and the fact that speaks against it."""

    reason: str
    at: datetime | None = None
    gate: str = ""
    by: int | None = None


# The ticket is locked by a statement of its own: the one after it sees what was committed while it waited.
LOCK = "select id from tickets.tickets where id = :id for update"
_TICKET = f"""
    select t.*, i.facts, i.issued_at, clock_timestamp() as now,
      exists (select from tickets.signing_keys k where k.kid = :kid and k.retired_at is null) as key_counts,
      online.at as online_at, undo.at as undone_at, undo.gate as undone_gate, undo.supervisor_id as undone_by
    from tickets.tickets t join tickets.issues i using (order_id)
    left join tickets.admissions online on online.once = :online and online.ticket_id = t.id
      and {one_of("online.verdict", ADMITTED_VERDICTS)}
    left join lateral (
      select a.at, a.gate, a.supervisor_id from tickets.admissions a
      where a.ticket_id = t.id and a.verdict = 'undone' and a.at > :at order by a.id desc limit 1
    ) undo on true
    where t.id = :id
"""
_ADMIT = move(TICKET, "admit", columns="admitted_at = :at, gate = :gate, admitted_by = :by")
_INSERT_CONFLICT = text(
    """
    insert into tickets.door_conflicts (admission_id, ticket_id, cinema_id, screening_id, seat_name, reason, other_at,
      other_gate, other_by, scanned_at, gate, by_user_id, device)
    values (:admission_id, :ticket_id, :cinema_id, :screening_id, :seat_name, :reason, :other_at, :other_gate,
      :other_by, :scanned_at, :gate, :by, :device)
    """
)
_RECORDED = text(
    """
    select a.verdict, coalesce(a.scanned_at, a.at) as at, c.reason, c.other_at, c.other_gate, c.other_by
    from tickets.admissions a left join tickets.door_conflicts c on c.admission_id = a.id where a.once = :once
    """
)


def record_offline(scan: OfflineScan, door: Door) -> ScanResult:
    """Record a scan in the caller's transaction; a scan that is recorded already gets its first result.

    Raises TooMany (typed codes that are unknown count, as in `admit`); DuplicateAttempt when the same scan is recorded
    at the same moment: the caller must roll back and ask `recorded_result`.
    """
    first = recorded_result(scan.nonce)
    if first is not None:
        return first
    found = ticket_of_text(scanner_input.without_scanner_prefix(scan.text), door)
    if isinstance(found, Admission):
        return _refuse(found, scan, door)
    return _record_ticket(found.id, found.payload, scan, door)


def recorded_result(nonce: uuid.UUID) -> ScanResult | None:
    """The result of the offline scan with this nonce; None if it is not recorded."""
    row = db.session().execute(_RECORDED, {"once": offline_token(nonce)}).one_or_none()
    if row is None:
        return None
    verdict = "admitted" if row.verdict in ADMITTED_VERDICTS else row.verdict
    if row.reason is None:
        return ScanResult(verdict, row.at)
    return ScanResult("conflict", row.at, row.reason, row.other_at, row.other_gate, row.other_by)


def _refuse(found: Admission, scan: OfflineScan, door: Door) -> ScanResult:
    """Log a text that is no ticket."""
    now = db.session().execute(text("select clock_timestamp()")).scalar_one()
    at = min(scan.at or now, now)
    admission_log.record(found, door, offline_token(scan.nonce), scanned_at=at)
    return ScanResult(found.verdict, at)


def _record_ticket(
    ticket_id: uuid.UUID, payload: qr.Payload | None, scan: OfflineScan, door: Door
) -> ScanResult:
    values = {
        "id": ticket_id,
        "kid": payload.kid if payload else 0,
        "online": online_token(scan.nonce),
        "at": scan.at,
    }
    row = db.session().execute(db.after_lock(LOCK, _TICKET), values).one_or_none()
    if row is None:
        return _refuse(Admission("unknown"), scan, door)
    if row.online_at is not None:  # the answer to the online try was lost: it is one scan
        return ScanResult("admitted", row.online_at)
    at = _bounded(scan.at, row)
    objection = _objection(row, payload, door, at)
    admitted = objection is None or objection.reason not in ("twice", "revoked", "called_off")
    if admitted:
        _ADMIT.require(id=ticket_id, at=at, gate=door.gate, by=door.actor.user_id)
        partner_events.publish_admitted(row, at)
    verdict = "admitted_offline" if admitted else "conflict"
    logged = admission_log.record(
        Admission(verdict), door, offline_token(scan.nonce), scanned_at=at, ticket_id=ticket_id
    )
    if objection is None:
        return ScanResult("admitted", at)
    _insert_conflict(objection, row, door, at, logged.id)
    return ScanResult("conflict", at, *objection)


def _bounded(at: datetime | None, row: Row[Any]) -> datetime:
    """The time of the scan: the device's clock counts between the ticket's issue and now."""
    now: datetime = row.now
    return min(max(at or now, row.issued_at), now)


def _objection(row: Row[Any], payload: qr.Payload | None, door: Door, at: datetime) -> _Objection | None:
    if row.state == REVOKED:
        return _Objection("revoked", row.revoked_at)
    if row.state in USED and not (row.state == OUTSIDE and row.left_at <= at):
        return _Objection("twice", row.admitted_at, row.gate or "", row.admitted_by)
    assert row.state in (VALID, OUTSIDE)
    if events.is_cancelled(row.screening_id):
        return _Objection("called_off")
    if row.undone_at is not None:
        return _Objection("undone", row.undone_at, row.undone_gate, row.undone_by)
    if payload is not None and (payload.revision != row.revision or not row.key_counts):
        return _Objection("replaced")
    reason = _wrong_place(IssueFacts.of(row.facts), door, at)
    return _Objection(reason) if reason else None


def _wrong_place(facts: IssueFacts, door: Door, at: datetime) -> str:
    """The reason for which the place or the time of the scan was wrong; empty if both were right."""
    if door.cinema_id not in (None, facts.cinema_id):
        return "other_cinema"
    if facts.showtime.cinema_day != cinema_day(local(at, facts.timezone)):
        return "other_day"
    if door.screening_id not in (None, facts.screening_id):
        return "other_screening"
    if at < opens_at(facts.starts_at):
        return "too_early"
    return "over" if door.screening_id is None and at > facts.ends_at else ""


def _insert_conflict(
    objection: _Objection, row: Row[Any], door: Door, at: datetime, admission_id: int
) -> None:
    facts = IssueFacts.of(row.facts)
    db.session().execute(
        _INSERT_CONFLICT,
        {
            "admission_id": admission_id,
            "ticket_id": row.id,
            "cinema_id": facts.cinema_id,
            "screening_id": row.screening_id,
            "seat_name": full_name(row.row_label, row.seat_number, row.section),
            "reason": objection.reason,
            "other_at": objection.at,
            "other_gate": objection.gate,
            "other_by": objection.by,
            "scanned_at": at,
            "gate": door.gate,
            "by": door.actor.user_id,
            "device": door.actor.device,
        },
    )
