"""Admission at the door by a QR text or a typed code: every text gets a verdict (door_views.VERDICTS)."""

from __future__ import annotations

import uuid

from app.core.actor import Actor
from app.tickets import admission_log, scanner_input, ticket_admission
from app.tickets.admission_log import Door
from app.tickets.door_views import Admission
from app.tickets.scanned_text import ticket_of_text


def admit(
    scanned: str,
    actor: Actor,
    *,
    gate: str,
    screening_id: int | None = None,
    cinema_id: int | None = None,
    once: str | None = None,
    nonce: uuid.UUID | None = None,
) -> Admission:
    """Admit the ticket whose QR text or code is `scanned`, in the caller's transaction; a refusal is a verdict too.

    A bad ticket raises nothing. Every try is logged. Unknown codes and forged QR codes are counted for each account and
    each address: above the limit, typed codes raise TooMany, and genuine QR codes are still admitted.
    `once` is the form's once-token with what was typed: raises DuplicateAttempt when it comes a second time. A device
    that works without a network sends the scan's `nonce` instead: the scan may come as an offline one too.
    """
    door = Door(actor, gate[: admission_log.MAX_GATE_LENGTH], screening_id, cinema_id)
    if nonce is not None:
        once = admission_log.unused_nonce(nonce)
    elif once is not None:
        once = admission_log.unused_once_token(once)
    return admission_log.record(_admit_text(scanner_input.without_scanner_prefix(scanned), door), door, once)


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

    Raises DuplicateAttempt whenever `once` comes again, however late; then the caller must roll back. Nothing is read
    before the ticket is tried: the log's unique column finds the repeat.
    """
    door = Door(actor, gate[: admission_log.MAX_GATE_LENGTH], screening_id, cinema_id)
    return admission_log.record(_admit_text(scanner_input.without_scanner_prefix(scanned), door), door, once)


def identify(scanned: str, actor: Actor) -> Admission:
    """Find the ticket whose QR text or code is `scanned`, without admitting it and without a log entry.

    The verdict is `identified`, whatever the ticket's state is, or one of those that refuse a text: `unknown`,
    `order_code`, `forged`, `unknown_key`, `cut`, `garbled`, `replaced`. Misses count as in `admit`: raises TooMany.
    """
    found = ticket_of_text(scanner_input.without_scanner_prefix(scanned), Door(actor, ""))
    if isinstance(found, Admission):
        return found
    return ticket_admission.identify_ticket(*found)


def _admit_text(typed: str, door: Door) -> Admission:
    """Admit by a QR text or a typed code."""
    found = ticket_of_text(typed, door)
    return found if isinstance(found, Admission) else ticket_admission.admit_ticket(found[0], door, found[1])
