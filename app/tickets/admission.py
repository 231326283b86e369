"""Admission at the door by a QR text or a typed code: every text gets a verdict (door_views.VERDICTS)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from app.core.actor import Actor
from app.tickets import admission_log, scanner_input, ticket_admission
from app.tickets.admission_log import Door
from app.tickets.door_views import Admission
from app.tickets.found_ticket import FoundTicket
from app.tickets.scanned_text import other_text, signed_ticket, ticket_of_text


def admit(
    scanned: str,
    actor: Actor,
    *,
    gate: str,
    screening_id: int | None = None,
    cinema_id: int | None = None,
    once: str | None = None,
    nonce: uuid.UUID | None = None,
    counted: Sequence[int] = (),
) -> Admission:
    """Admit the ticket whose QR text or code is `scanned`, in the caller's transaction; a refusal is a verdict too.

    A bad ticket raises nothing. Every try is logged. Unknown codes and forged QR codes are counted for each account and
    each address: above the limit, typed codes raise TooMany, and genuine QR codes are still admitted.
    `once` is the form's once-token with what was typed: raises DuplicateAttempt when it comes a second time, and then
    the caller must roll back. A device that works without a network sends the scan's `nonce` instead: the scan may come
    as an offline one too. An admission has the attendance of the screenings `counted`, this admission included.
    """
    door = Door(actor, gate[: admission_log.MAX_GATE_LENGTH], screening_id, cinema_id)
    tokens = admission_log.Tokens.of(once, nonce)
    typed = scanner_input.without_scanner_prefix(scanned)
    found: FoundTicket | Admission | None = signed_ticket(typed)
    if found is None:
        admission_log.unused(tokens)  # a form that is sent twice counts as one miss
        found = other_text(typed, door)
    if isinstance(found, FoundTicket):
        admitted = ticket_admission.admit_and_record(found, door, tokens, counted)
        if admitted is not None:
            return admitted
        found = ticket_admission.refuse_ticket(found, door)
    return admission_log.record(found, door, admission_log.unused(tokens))


def admit_once(
    scanned: str,
    actor: Actor,
    *,
    gate: str,
    screening_id: int | None = None,
    cinema_id: int | None = None,
    once: str,
) -> Admission:
    """As `admit`, for a machine that sends a scan with the same `once` until it gets the answer.

    Raises DuplicateAttempt whenever `once` comes again, however late; then the caller must roll back.
    """
    door = Door(actor, gate[: admission_log.MAX_GATE_LENGTH], screening_id, cinema_id)
    found = ticket_of_text(scanner_input.without_scanner_prefix(scanned), door)
    if isinstance(found, FoundTicket):
        admitted = ticket_admission.admit_and_record(found, door, admission_log.Tokens.for_ever(once))
        if admitted is not None:
            return admitted
        found = ticket_admission.refuse_ticket(found, door)
    return admission_log.record(found, door, once)


def identify(scanned: str, actor: Actor) -> Admission:
    """Find the ticket whose QR text or code is `scanned`, without admitting it and without a log entry.

    The verdict is `identified`, whatever the ticket's state is, or one of those that refuse a text: `unknown`,
    `order_code`, `forged`, `unknown_key`, `cut`, `garbled`, `replaced`. Misses count as in `admit`: raises TooMany.
    """
    found = ticket_of_text(scanner_input.without_scanner_prefix(scanned), Door(actor, ""))
    if isinstance(found, Admission):
        return found
    return ticket_admission.identify_ticket(found)
