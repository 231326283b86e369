"""From a scanned or typed text to the ticket: by the signature of a QR text, or by the ten characters of the code."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import text

from app.core import db, throttle
from app.tickets import qr, scanner_input, signing_keys
from app.tickets.admission_log import Door
from app.tickets.door_views import Admission
from app.tickets.found_ticket import FoundTicket
from app.tickets.scanner_input import CODE_LENGTH

ORDER_CODE = re.compile(r"[A-Z]{3}\d{4,6}")  # LTZ-4720, or the serial of a ticket of it: LTZ-4720-1
# Only unknown codes and forged QR codes count: a busy door is never slowed down, and guessing takes millions of years.
MISSES_PER_MINUTE = 20  # of one account
MISSES_PER_ADDRESS = 200  # in a minute
_OF_CODE = text("select id from tickets.tickets where code = :code")


def ticket_of_text(typed: str, door: Door) -> FoundTicket | Admission:
    """The ticket with this QR text or code, or the verdict that refuses the text. Raises TooMany for typed codes."""
    return signed_ticket(typed) or other_text(typed, door)


def signed_ticket(typed: str) -> FoundTicket | None:
    """The ticket with this QR text; None for a text without a valid signature of ours."""
    code = scanner_input.alphanumeric(typed)
    if not (qr.has_prefix(code) or scanner_input.is_garbled(typed)):
        return None
    payload = _verified_payload([code]) or _verified_payload(scanner_input.layout_variants(typed))
    return FoundTicket(payload.ticket_id, payload) if payload else None


def other_text(typed: str, door: Door) -> FoundTicket | Admission:
    """The ticket with this code, or the verdict on a text that `signed_ticket` does not know. A miss is counted."""
    code = scanner_input.alphanumeric(typed)
    if qr.has_prefix(code) or scanner_input.is_garbled(typed):
        return _refuse_qr(typed, door)
    return _ticket_of_code(code, door)


def _refuse_qr(typed: str, door: Door) -> Admission:
    """The verdict on a QR text without a valid signature: garbled, cut, of an unknown key, or forged.

    It is forged only if it is complete and has the characters of our QR codes alone: then no keyboard layout explains
    the wrong signature. If it names a key that we do not have, another installation may have issued it.
    """
    if not qr.is_fragment(scanner_input.pressed_characters(typed)):
        return Admission("garbled")
    try:
        payload, _ = qr.decode(scanner_input.alphanumeric(typed))
    except qr.IncompleteCode:
        return Admission("cut")
    _count_miss(door)
    return Admission("forged" if signing_keys.public_key(payload.kid) else "unknown_key")


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


def _ticket_of_code(code: str, door: Door) -> FoundTicket | Admission:
    if ORDER_CODE.fullmatch(code):
        return Admission("order_code")
    if len(code) != CODE_LENGTH:
        return Admission("unknown")
    throttle.check("door", _miss_limits(door), seconds=60)
    found = db.session().execute(_OF_CODE, {"code": code}).first()
    if found is None:
        _count_miss(door)
        return Admission("unknown")
    return FoundTicket(found.id, None)


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
