"""The door: a ticket is let in exactly once, and each refusal has a name."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from app.core import db, throttle
from app.core.codes import normalise_code
from app.core.i18n import local
from app.tickets import keys, qr
from app.tickets.states import ADMITTED, REVOKED
from app.tickets.views import Admission, Attendance, IssueFacts, Ticket

OPENS_MINUTES = 60  # without a chosen screening, a ticket is let in from so long before its start
NIGHT_HOURS = 5  # a cinema's day ends at five in the morning
CODE_LENGTH = 10
TYPED_A_MINUTE = 40  # codes that one account may type; nobody types faster, guessing needs millions of years
TYPED_FROM_ONE_ADDRESS = 400

_FACTS = "t.*, i.facts, i.cinema_id, i.starts_at, i.ends_at, clock_timestamp() as now"

# `t.state = 'valid'` is what lets only one of two doors win: the second waits for the row, looks again, finds none.
ADMIT = f"""
    update tickets.tickets t set state = 'admitted', admitted_at = clock_timestamp(), gate = :gate, admitted_by = :by
    from tickets.issues i
    where i.order_id = t.order_id and t.id = :id and t.state = 'valid'
      and (cast(:revision as int) is null
        or t.revision = :revision and exists (
            select from tickets.signing_keys k where k.kid = :kid and k.retired_at is null))
      and (cast(:cinema as int) is null or i.cinema_id = :cinema)
      and (t.screening_id = :screening or cast(:screening as int) is null
        and clock_timestamp() between i.starts_at - make_interval(mins => :opens) and i.ends_at)
    returning {_FACTS}
"""  # noqa: S608
_LOOK = text(
    f"""
    select {_FACTS},
      exists (select from tickets.signing_keys k where k.kid = :kid and k.retired_at is null) as key_counts
    from tickets.tickets t join tickets.issues i using (order_id) where t.id = :id
    """  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class Door:
    """Where the try is made. Without a screening, any that is about to begin or runs; without a cinema, any site."""

    gate: str
    by_user_id: int | None = None
    screening_id: int | None = None
    cinema_id: int | None = None


def admit(
    text_: str,
    *,
    gate: str,
    by_user_id: int | None = None,
    screening_id: int | None = None,
    cinema_id: int | None = None,
    address_key: str = "",
) -> Admission:
    """Let the ticket in whose QR was scanned or whose code was typed, in the caller's transaction; or say why not.

    Never raises for a bad ticket: the verdict names it (views.VERDICTS). Every try is written down. Typed codes
    are throttled for each account and each address: raises TooMany.
    """
    door = Door(gate[:40], by_user_id, screening_id, cinema_id)
    given = "".join(text_.split()).upper()
    is_qr = qr.looks_like_ours(given)
    answer = _admit_scanned(given, door) if is_qr else _admit_typed(given, door, address_key)
    _write_down(answer, door)
    return answer


def _admit_scanned(scanned: str, door: Door) -> Admission:
    try:
        payload, signature = qr.read(scanned)
    except qr.Cut:
        return Admission("cut")
    if not _is_genuine(payload, signature):
        return Admission("forged")
    return _admit(payload.ticket_id, door, payload)


def _is_genuine(payload: qr.Payload, signature: bytes) -> bool:
    for _ in range(2):
        key = keys.public_key(payload.kid)
        if key is not None and qr.verify(payload, signature, key):
            return True
        keys.forget()  # perhaps this process remembers the keys of another database
    return False


def _admit_typed(typed: str, door: Door, address_key: str) -> Admission:
    code = normalise_code(typed)
    if len(code) != CODE_LENGTH:
        return Admission("unknown")
    if door.by_user_id is not None:
        throttle.hit("door", f"user {door.by_user_id}", limit=TYPED_A_MINUTE, seconds=60)
    if address_key:
        throttle.hit("door", f"address {address_key}", limit=TYPED_FROM_ONE_ADDRESS, seconds=60)
    found = (
        db.session()
        .execute(text("select id from tickets.tickets where code = :code"), {"code": code})
        .first()
    )
    return _admit(found.id, door) if found is not None else Admission("unknown")


def _admit(ticket_id: uuid.UUID, door: Door, payload: qr.Payload | None = None) -> Admission:
    key = {"id": ticket_id, "kid": payload.kid if payload else 0}
    values = key | {
        "revision": payload.revision if payload else None,
        "gate": door.gate,
        "by": door.by_user_id,
        "screening": door.screening_id,
        "cinema": door.cinema_id,
        "opens": OPENS_MINUTES,
    }
    row = db.session().execute(text(ADMIT), values).first()
    if row is not None:
        return _answer("admitted", row)
    row = db.session().execute(_LOOK, key).first()
    if row is None:
        return Admission("unknown")
    is_current = payload is None or (payload.revision == row.revision and row.key_counts)
    return _answer(refusal(row.state, is_current, IssueFacts.of(row.facts), door, row.now), row)


def refusal(state: str, is_current: bool, facts: IssueFacts, door: Door, now: datetime) -> str:
    """Why a known ticket is not let in. `is_current` is false for a QR that was replaced by a newer one."""
    if state == REVOKED:
        return "revoked"
    if state == ADMITTED:
        return "already"
    if not is_current:
        return "replaced"
    if door.cinema_id is not None and facts.cinema_id != door.cinema_id:
        return "other_cinema"
    if cinema_day(facts.starts_at, facts.timezone) != cinema_day(now, facts.timezone):
        return "other_day"
    if door.screening_id is not None:
        return "other_screening"
    return "too_early" if now < facts.starts_at else "over"


def cinema_day(moment: datetime, timezone: str) -> date:
    return (local(moment, timezone) - timedelta(hours=NIGHT_HOURS)).date()


def _answer(verdict: str, row: Row[Any]) -> Admission:
    ticket = Ticket.of(row, IssueFacts.of(row.facts))
    return Admission(verdict, ticket, row.admitted_at, row.gate, row.admitted_by)


def _write_down(answer: Admission, door: Door) -> None:
    db.session().execute(
        text(
            "insert into tickets.admissions (verdict, ticket_id, screening_id, gate, by_user_id)"
            " values (:verdict, :ticket_id, :screening_id, :gate, :by)"
        ),
        {
            "verdict": answer.verdict,
            "ticket_id": answer.ticket.id if answer.ticket else None,
            "screening_id": door.screening_id,
            "gate": door.gate,
            "by": door.by_user_id,
        },
    )


def attendance(screening_id: int) -> Attendance:
    """Who is in and who is still expected; revoked tickets are neither."""
    row = (
        db.session()
        .execute(
            text(
                "select count(*) filter (where state = 'admitted') as inside,"
                " count(*) filter (where state = 'valid') as missing"
                " from tickets.tickets where screening_id = :screening_id"
            ),
            {"screening_id": screening_id},
        )
        .one()
    )
    return Attendance(row.inside, row.missing)
