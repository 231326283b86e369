"""The address to which a door device sends the scans that it made without a network.

It needs the device's cookie alone: the staff's session may have ended meanwhile. It needs no CSRF token, because the
cookie is SameSite=Strict, and the request must come from one of our pages.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from flask import Response, request

from app.core import db
from app.core.errors import TooMany
from app.core.text_input import visible_line
from app.door import blueprint
from app.door.json_answers import answer
from app.door.offline_data import time_text
from app.door.place import MAX_GATE_LENGTH, contains_ticket_code, parse_place
from app.tickets import service as tickets
from app.tickets.service import Door, OfflineScan, ScanResult
from app.users import service as users
from app.users.service import Device
from app.web.actor import current_actor
from app.web.devices import current_door
from app.web.security import csrf, from_our_own_page

MOST_SCANS: Final = 100
MAX_TEXT_LENGTH: Final = 400


@blueprint.post("/staff/offline/scans")
@csrf.exempt
def submit_scans() -> Response:
    """Record the scans, each in its own transaction; the answer has the result of each.

    A scan without a result is to be sent again: after too many unknown codes, the rest waits.
    """
    if not from_our_own_page():
        return answer({"error": "origin"}, 403)
    device = current_door()
    if device is None:
        return answer({"forget": True}, 410)
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # nested too deeply
        body = None
    scans = body.get("scans") if isinstance(body, dict) else None
    if not isinstance(scans, list) or not 0 < len(scans) <= MOST_SCANS:
        return answer({"error": "scans"}, 400)
    nonces = [_nonce(one) for one in scans]
    if None in nonces:
        return answer({"error": "nonce"}, 400)
    accounts = users.accounts_of_device(device.id)
    results: list[tuple[uuid.UUID, ScanResult | None]] = []
    for nonce, values in zip(nonces, scans, strict=True):
        assert nonce is not None
        try:
            results.append((nonce, _record(nonce, values, _door(values, device, accounts))))
        except TooMany:
            break
    names = users.account_names(
        {one.other_by for _, one in results if one is not None and one.other_by is not None}
    )
    return answer({"results": [_line(nonce, one, names) for nonce, one in results]})


def _record(nonce: uuid.UUID, values: dict[str, Any], door: Door) -> ScanResult | None:
    """Record the scan; None for an entry that let nobody in. Raises TooMany.

    A scan that another request records at this moment gets the same result.
    """
    scanned = values.get("text")
    if not isinstance(scanned, str) or not scanned or values.get("verdict", "admitted") != "admitted":
        return None
    scan = OfflineScan(nonce, scanned[:MAX_TEXT_LENGTH], _moment(values.get("at")))
    try:
        with db.transaction():
            return tickets.record_offline(scan, door)
    except tickets.DuplicateAttempt:
        return tickets.recorded_result(nonce)


def _nonce(values: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(values["nonce"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _moment(value: Any) -> datetime | None:
    """A time with its zone; None for anything else: the scan then counts as made when it arrives."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, TypeError, OverflowError):
        return None


def _door(values: dict[str, Any], device: Device, accounts: set[int]) -> Door:
    """The door of a scan. An account that was never signed in at the device counts as the device's account."""
    place = parse_place(str(values.get("place", ""))[:40])
    account = values.get("account")
    gate = visible_line(str(values.get("gate", ""))[:400])
    if not gate or contains_ticket_code(gate):
        gate = device.name
    user_id = account if isinstance(account, int) and account in accounts else device.account_id
    actor = replace(current_actor(channel="door"), user_id=user_id, device=device.id)
    cinema_id, screening = (place[0].id, place[1]) if place is not None else (device.site_id, None)
    return Door(actor, gate[:MAX_GATE_LENGTH], screening.id if screening is not None else None, cinema_id)


def _line(nonce: uuid.UUID, result: ScanResult | None, names: dict[int, str]) -> dict[str, Any]:
    if result is None:
        return {"nonce": str(nonce), "verdict": "refused:ignored", "at": "", "other": None}
    refused = result.verdict not in ("admitted", "conflict")
    other = {
        "reason": result.reason,
        "at": time_text(result.other_at) if result.other_at is not None else "",
        "gate": result.other_gate,
        "by": names.get(result.other_by or 0, ""),
    }
    return {
        "nonce": str(nonce),
        "verdict": f"refused:{result.verdict}" if refused else result.verdict,
        "at": time_text(result.at),
        "other": other if result.reason else None,
    }
