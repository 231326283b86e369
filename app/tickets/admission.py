"""Admission at the door: a ticket is admitted once, and each refusal has a verdict (views.VERDICTS)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import text

from app.core import db, throttle
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.i18n import local
from app.core.moves import move
from app.core.showtime import cinema_day
from app.core.state_machine import none_of, one_of
from app.events import service as events
from app.tickets import admission_log, qr, scanner_input, signing_keys
from app.tickets.admission_log import Door, admission_of, recent_admission
from app.tickets.door_opening import opening_lead_time
from app.tickets.scanner_input import CODE_LENGTH
from app.tickets.states import ADMITTED, REVOKED, TICKET, VALID
from app.tickets.views import Admission, Attendance, IssueFacts

ORDER_CODE = re.compile(r"[A-Z]{3}\d{4,6}")  # LTZ-4720, or the serial of a ticket of it: LTZ-4720-1
# Only unknown codes and forged QR codes count: a busy door is never slowed down, and guessing takes millions of years.
MISSES_PER_MINUTE = 20  # of one account
MISSES_PER_ADDRESS = 200  # in a minute

_COLUMNS = "t.*, i.facts, i.cinema_id, i.starts_at, i.ends_at, clock_timestamp() as now"

# The state machine adds the condition on the state. It lets one of two doors win: the second one waits for the row,
# reads it again, and updates none.
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
    returning=f"{_COLUMNS}, t.admitted_at < i.starts_at - cast(:opens as interval) as is_early",
)
_SELECT_TICKET = text(
    f"""
    select {_COLUMNS},
      exists (select from tickets.signing_keys k where k.kid = :kid and k.retired_at is null) as key_counts
    from tickets.tickets t join tickets.issues i using (order_id) where t.id = :id
    """
)

_UNDO_ADMISSION = move(TICKET, "take_back", columns="admitted_at = null, gate = null, admitted_by = null")

# The condition on the state lets Postgres use the screening's index, which leaves revoked tickets out.
ATTENDANCE = text(
    f"""
    select count(*) filter (where {one_of("state", (ADMITTED,))}) as inside,
      count(*) filter (where {one_of("state", (VALID,))}) as missing
    from tickets.tickets where screening_id = any(:ids) and {none_of("state", (REVOKED,))}
    """
)


def admit(
    scanned: str,
    actor: Actor,
    *,
    gate: str,
    screening_id: int | None = None,
    cinema_id: int | None = None,
    once: str | None = None,
) -> Admission:
    """Admit the ticket whose QR text or code is `scanned`, in the caller's transaction; a refusal is a verdict too.

    A bad ticket raises nothing. Every try is logged. Unknown codes and forged QR codes are counted for each account and
    each address: above the limit, typed codes raise TooMany, and genuine QR codes are still admitted.
    `once` is the form's once-token with what was typed: raises DuplicateAttempt when it comes a second time.
    """
    door = Door(actor, gate[:40], screening_id, cinema_id)
    once = admission_log.unused_once_token(once) if once else None
    return admission_log.record(_admit_text(scanner_input.without_scanner_prefix(scanned), door), door, once)


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
    """Admit a ticket before its auditorium opens, in the caller's transaction; a refusal is a verdict too.

    `admission_id` is a try of the same account in the last `seconds` with the verdict `too_early`: raises NotFound for
    any other. All other rules are those of `admit`. Raises DuplicateAttempt. The caller checks that the actor may
    decide this.
    """
    tried = recent_admission(admission_id, actor, seconds=seconds)
    if tried.verdict != "too_early" or tried.ticket is None:
        raise NotFound("admission")
    door = Door(actor, gate[:40], screening_id, cinema_id)
    once = admission_log.unused_once_token(once) if once else None
    return admission_log.record(_admit_ticket(tried.ticket.id, door, early=True), door, once)


def identify(scanned: str, actor: Actor) -> Admission:
    """Find the ticket whose QR text or code is `scanned`, without admitting it and without a log entry.

    The verdict is `identified`, whatever the ticket's state is, or one of those that refuse a text: `unknown`,
    `order_code`, `forged`, `cut`, `garbled`, `replaced`. Misses count as in `admit`: raises TooMany.
    """
    found = _ticket_of_text(scanner_input.without_scanner_prefix(scanned), Door(actor, ""))
    if isinstance(found, Admission):
        return found
    ticket_id, payload = found
    key = {"id": ticket_id, "kid": payload.kid if payload else 0}
    row = db.session().execute(_SELECT_TICKET, key).first()
    if row is None:
        return Admission("unknown")
    is_current = payload is None or (payload.revision == row.revision and row.key_counts)
    return admission_of("identified" if is_current else "replaced", row)


def _admit_text(typed: str, door: Door) -> Admission:
    """Admit by a QR text or a typed code."""
    found = _ticket_of_text(typed, door)
    return found if isinstance(found, Admission) else _admit_ticket(found[0], door, found[1])


def _ticket_of_text(typed: str, door: Door) -> tuple[uuid.UUID, qr.Payload | None] | Admission:
    """The id of the ticket with this QR text (and its payload) or code, or the verdict that refuses the text."""
    code = scanner_input.alphanumeric(typed)
    if qr.has_prefix(code) or scanner_input.is_garbled(typed):
        payload = _verified_payload([code]) or _verified_payload(scanner_input.layout_variants(typed))
        return (payload.ticket_id, payload) if payload else _refuse_qr(typed, door)
    return _ticket_of_code(code, door)


def _refuse_qr(typed: str, door: Door) -> Admission:
    """The verdict on a QR text without a valid signature: garbled, cut, or forged.

    It is forged only if it is complete and has the characters of our QR codes alone: then no keyboard layout explains
    the wrong signature.
    """
    if not qr.is_fragment(scanner_input.pressed_characters(typed)):
        return Admission("garbled")
    try:
        qr.decode(scanner_input.alphanumeric(typed))
    except qr.IncompleteCode:
        return Admission("cut")
    _count_miss(door)
    return Admission("forged")


def _verified_payload(texts: Iterable[str]) -> qr.Payload | None:
    """The payload of the first of these QR texts whose signature is valid."""
    decoded = [found for found in map(_decode, texts) if found is not None]
    for _ in range(2 if decoded else 0):
        for payload, signature in decoded:
            key = signing_keys.public_key(payload.kid)
            if key is not None and qr.verify(payload, signature, key):
                return payload
        signing_keys.clear_cache()  # the cached keys may be those of a database that was replaced
    return None


def _decode(qr_text: str) -> tuple[qr.Payload, bytes] | None:
    try:
        return qr.decode(qr_text)
    except (qr.IncompleteCode, qr.ForeignCode):
        return None


def _ticket_of_code(code: str, door: Door) -> tuple[uuid.UUID, None] | Admission:
    if ORDER_CODE.fullmatch(code):
        return Admission("order_code")
    if len(code) != CODE_LENGTH:
        return Admission("unknown")
    for key, limit in _miss_limits(door):
        throttle.check("door", key, limit=limit, seconds=60)
    found = (
        db.session()
        .execute(text("select id from tickets.tickets where code = :code"), {"code": code})
        .first()
    )
    if found is None:
        _count_miss(door)
        return Admission("unknown")
    return found.id, None


def _count_miss(door: Door) -> None:
    for key, limit in _miss_limits(door):
        throttle.hit("door", key, limit=limit, seconds=60)


def _miss_limits(door: Door) -> list[tuple[str, int]]:
    limits = []
    if door.actor.user_id is not None:
        limits.append((f"user {door.actor.user_id}", MISSES_PER_MINUTE))
    if door.actor.address_key:
        limits.append((f"address {door.actor.address_key}", MISSES_PER_ADDRESS))
    return limits


def _admit_ticket(
    ticket_id: uuid.UUID, door: Door, payload: qr.Payload | None = None, *, early: bool = False
) -> Admission:
    key = {"id": ticket_id, "kid": payload.kid if payload else 0}
    values = key | {
        "revision": payload.revision if payload else None,
        "gate": door.gate,
        "by": door.actor.user_id,
        "screening": door.screening_id,
        "cinema": door.cinema_id,
        "opens": opening_lead_time(),
        "early": early,
    }
    row = db.session().execute(text(ADMIT), values).first()
    # A screening is called off from the moment of the decision; the worker revokes its tickets later.
    if row is not None and not events.is_cancelled(row.screening_id):
        return admission_of("admitted_early" if row.is_early else "admitted", row)
    if row is not None:
        # This transaction still locks the row: no other one has seen the ticket admitted.
        _UNDO_ADMISSION.require(id=ticket_id)
    row = db.session().execute(_SELECT_TICKET, key).first()
    if row is None:
        return Admission("unknown")
    called_off = events.is_cancelled(row.screening_id)
    is_current = payload is None or (payload.revision == row.revision and row.key_counts)
    facts = IssueFacts.of(row.facts)
    return admission_of(refusal(row.state, is_current, facts, door, row.now, called_off=called_off), row)


def refusal(
    state: str,
    is_current: bool,
    facts: IssueFacts,
    door: Door,
    now: datetime,
    *,
    called_off: bool = False,
) -> str:
    """The verdict that refuses a known ticket. `is_current` is false for a QR code that a newer one replaced."""
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


def attendance(*screening_ids: int) -> Attendance:
    """How many are inside and how many are still expected, of all these screenings; revoked tickets do not count."""
    row = db.session().execute(ATTENDANCE, {"ids": list(screening_ids)}).one()
    return Attendance(row.inside, row.missing)
