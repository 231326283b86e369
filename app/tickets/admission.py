"""The door: a ticket is let in exactly once, and each refusal has a name."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.core import db, throttle
from app.core.actor import Actor
from app.core.errors import Conflict, NotFound
from app.core.i18n import local
from app.core.showtime import cinema_day
from app.core.state_machine import none_of, one_of
from app.events import service as events
from app.tickets import keys, qr, scanners
from app.tickets.opening import opens_before
from app.tickets.scanners import CODE_LENGTH
from app.tickets.states import ADMITTED, REVOKED, TICKET, VALID
from app.tickets.views import Admission, Attendance, IssueFacts, Ticket

ORDER_CODE = re.compile(r"[A-Z]{3}\d{4,6}")  # LTZ-4720, or a ticket's place in it: LTZ-4720-1
# Only codes that do not exist and forged QRs count: a busy door is never held up, a guesser needs millions of years.
MISSES_A_MINUTE = 20
MISSES_FROM_ONE_ADDRESS = 200
REPEAT_SECONDS = (
    10  # the same form sent twice within this time is one try: a scanner that presses Enter twice
)

_FACTS = "t.*, i.facts, i.cinema_id, i.starts_at, i.ends_at, clock_timestamp() as now"

# The condition on the state, which the machine adds, lets only one of two doors win: the second one waits for the row,
# reads it again, and moves none.
ADMIT = TICKET.update(
    "admit",
    columns="admitted_at = clock_timestamp(), gate = :gate, admitted_by = :by",
    using="tickets.issues i",
    where="""
        i.order_id = t.order_id and t.id = :id
        and (cast(:revision as int) is null
          or t.revision = :revision and exists (
              select from tickets.signing_keys k where k.kid = :kid and k.retired_at is null))
        and (cast(:cinema as int) is null or i.cinema_id = :cinema)
        and (t.screening_id = :screening or cast(:screening as int) is null and clock_timestamp() <= i.ends_at)
        and (:early or clock_timestamp() >= i.starts_at - cast(:opens as interval))
    """,
    alias="t",
    returning=f"{_FACTS}, t.admitted_at < i.starts_at - cast(:opens as interval) as is_early",
)
_LOOK = text(
    f"""
    select {_FACTS},
      exists (select from tickets.signing_keys k where k.kid = :kid and k.retired_at is null) as key_counts
    from tickets.tickets t join tickets.issues i using (order_id) where t.id = :id
    """
)

_TAKE_BACK = TICKET.move("take_back", columns="admitted_at = null, gate = null, admitted_by = null")

# The index of a screening's tickets leaves the revoked ones out: who does not name them has all tickets read.
ATTENDANCE = text(
    f"""
    select count(*) filter (where {one_of("state", (ADMITTED,))}) as inside,
      count(*) filter (where {one_of("state", (VALID,))}) as missing
    from tickets.tickets where screening_id = any(:ids) and {none_of("state", (REVOKED,))}
    """
)


@dataclass(frozen=True, slots=True)
class Door:
    """Who makes the try, and where. Without a screening, any whose room is open; without a cinema, any site."""

    actor: Actor
    gate: str
    screening_id: int | None = None
    cinema_id: int | None = None


class TriedBefore(Conflict):
    """This form was sent a moment ago; `admission_id` has its answer."""

    def __init__(self, admission_id: int) -> None:
        super().__init__("admission.once")
        self.admission_id = admission_id


def admit(
    text_: str,
    actor: Actor,
    *,
    gate: str,
    screening_id: int | None = None,
    cinema_id: int | None = None,
    once: str | None = None,
) -> Admission:
    """Let the ticket in whose QR was scanned or whose code was typed, in the caller's transaction; or say why not.

    Never raises for a bad ticket: the verdict names it (views.VERDICTS). Every try is written down. Unknown codes
    and forged QRs are counted for each account and each address: raises TooMany (QRs that are ours still go in).
    `once` is of one form and what was given with it: raises TriedBefore when it comes a second time.
    """
    door = Door(actor, gate[:40], screening_id, cinema_id)
    once = _first_time(once) if once else None
    return _write_down(_admit_given(scanners.without_lead(text_), door), door, once)


def admit_early(
    admission_id: int,
    actor: Actor,
    *,
    gate: str,
    screening_id: int | None = None,
    cinema_id: int | None = None,
    seconds: int,
    once: str | None = None,
) -> Admission:
    """Let in a ticket although its room is not open yet, in the caller's transaction; or say why not, as `admit`.

    `admission_id` is the try, by the same account in the last `seconds`, that got the verdict `too_early`: raises
    NotFound for any other. Everything else counts as it does for `admit`. Raises TriedBefore. Who may decide this, the
    caller checks.
    """
    tried = admission(admission_id, actor, seconds=seconds)
    if tried.verdict != "too_early" or tried.ticket is None:
        raise NotFound("admission")
    door = Door(actor, gate[:40], screening_id, cinema_id)
    once = _first_time(once) if once else None
    return _write_down(_admit(tried.ticket.id, door, early=True), door, once)


def _first_time(once: str) -> str | None:
    """`once`, if it is new; None where it is old: a page out of the browser's memory makes a try of its own."""
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
        raise TriedBefore(row.id)
    return None


def _admit_given(typed: str, door: Door) -> Admission:
    given = scanners.plain(typed)
    if qr.looks_like_ours(given) or scanners.is_garbled(typed):
        payload = _genuine([given]) or _genuine(scanners.put_back(typed))
        return _admit(payload.ticket_id, door, payload) if payload else _misread(typed, door)
    return _admit_typed(given, door)


def _misread(typed: str, door: Door) -> Admission:
    """Why a text that is about ours is none. Somebody else made it only if it is whole and in our own signs: then no
    layout of a keyboard is to blame."""
    if not qr.is_part(scanners.keys_of(typed)):
        return Admission("garbled")
    try:
        qr.read(scanners.plain(typed))
    except qr.Cut:
        return Admission("cut")
    _count_miss(door)
    return Admission("forged")


def _genuine(texts: Iterable[str]) -> qr.Payload | None:
    """What the first of these texts says that we signed."""
    read = [found for found in map(_read, texts) if found is not None]
    for _ in range(2 if read else 0):
        for payload, signature in read:
            key = keys.public_key(payload.kid)
            if key is not None and qr.verify(payload, signature, key):
                return payload
        keys.forget()  # perhaps this process remembers the keys of another database
    return None


def _read(given: str) -> tuple[qr.Payload, bytes] | None:
    try:
        return qr.read(given)
    except (qr.Cut, qr.NotOurs):
        return None


def _admit_typed(code: str, door: Door) -> Admission:
    if ORDER_CODE.fullmatch(code):
        return Admission("order_code")
    if len(code) != CODE_LENGTH:
        return Admission("unknown")
    for key, limit in _limits(door):
        throttle.check("door", key, limit=limit, seconds=60)
    found = (
        db.session()
        .execute(text("select id from tickets.tickets where code = :code"), {"code": code})
        .first()
    )
    if found is None:
        _count_miss(door)
        return Admission("unknown")
    return _admit(found.id, door)


def _count_miss(door: Door) -> None:
    for key, limit in _limits(door):
        throttle.hit("door", key, limit=limit, seconds=60)


def _limits(door: Door) -> list[tuple[str, int]]:
    limits = []
    if door.actor.user_id is not None:
        limits.append((f"user {door.actor.user_id}", MISSES_A_MINUTE))
    if door.actor.address_key:
        limits.append((f"address {door.actor.address_key}", MISSES_FROM_ONE_ADDRESS))
    return limits


def _admit(
    ticket_id: uuid.UUID, door: Door, payload: qr.Payload | None = None, *, early: bool = False
) -> Admission:
    key = {"id": ticket_id, "kid": payload.kid if payload else 0}
    values = key | {
        "revision": payload.revision if payload else None,
        "gate": door.gate,
        "by": door.actor.user_id,
        "screening": door.screening_id,
        "cinema": door.cinema_id,
        "opens": opens_before(),
        "early": early,
    }
    row = db.session().execute(text(ADMIT), values).first()
    # The cinema's word counts from when it is given, not from when the worker has revoked the tickets.
    if row is not None and not events.is_cancelled(row.screening_id):
        return _answer("admitted_early" if row.is_early else "admitted", row)
    if row is not None:
        # The row is still locked by this transaction: nobody else has seen the ticket admitted.
        _TAKE_BACK.require(id=ticket_id)
    row = db.session().execute(_LOOK, key).first()
    if row is None:
        return Admission("unknown")
    called_off = events.is_cancelled(row.screening_id)
    is_current = payload is None or (payload.revision == row.revision and row.key_counts)
    facts = IssueFacts.of(row.facts)
    return _answer(refusal(row.state, is_current, facts, door, row.now, called_off=called_off), row)


def refusal(
    state: str,
    is_current: bool,
    facts: IssueFacts,
    door: Door,
    now: datetime,
    *,
    called_off: bool = False,
) -> str:
    """Why a known ticket is not let in. `is_current` is false for a QR that was replaced by a newer one."""
    if state == ADMITTED:
        return "already"
    if called_off:
        return "called_off"
    if state == REVOKED:
        return "revoked"
    if not is_current:
        return "replaced"
    if door.cinema_id is not None and facts.cinema_id != door.cinema_id:
        return "other_cinema"
    if facts.showtime.cinema_day != cinema_day(local(now, facts.timezone)):
        return "other_day"
    if door.screening_id not in (None, facts.screening_id):
        return "other_screening"
    return "too_early" if now < facts.starts_at else "over"


def _answer(verdict: str, row: Row[Any]) -> Admission:
    ticket = Ticket.of(row, IssueFacts.of(row.facts))
    return Admission(verdict, ticket, row.admitted_at, row.gate, row.admitted_by)


def _write_down(answer: Admission, door: Door, once: str | None) -> Admission:
    """Raises TriedBefore when the same form was sent at the same moment; the caller's transaction must not commit."""
    row = db.session().execute(
        text(
            "insert into tickets.admissions (verdict, ticket_id, screening_id, gate, by_user_id, once)"
            " values (:verdict, :ticket_id, :screening_id, :gate, :by, :once)"
            " on conflict (once) do nothing returning id"
        ),
        {
            "verdict": answer.verdict,
            "ticket_id": answer.ticket.id if answer.ticket else None,
            "screening_id": door.screening_id,
            "gate": door.gate,
            "by": door.actor.user_id,
            "once": once,
        },
    ).one_or_none()  # fmt: skip
    if row is None:
        first = text("select id from tickets.admissions where once = :once")
        raise TriedBefore(db.session().execute(first, {"once": once}).scalar_one())
    return replace(answer, id=row.id)


def admission(admission_id: int, actor: Actor, *, seconds: int) -> Admission:
    """The answer to a try that the actor's account made in the last `seconds`. Raises NotFound.

    It is shown again where a page is loaded again; later it would only be mistaken for another person's.
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
    answer = _answer(row.verdict, row) if row.facts is not None else Admission(row.verdict)
    return replace(answer, id=admission_id)


def attendance(*screening_ids: int) -> Attendance:
    """Who is in and who is still expected, of these screenings together; revoked tickets are neither."""
    row = db.session().execute(ATTENDANCE, {"ids": list(screening_ids)}).one()
    return Attendance(row.inside, row.missing)
