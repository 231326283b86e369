"""Admissions at the door, for scanners and turnstiles that are no browser.

A scan costs few statements: the device and its limit, as in every request; the conditional update that admits the
ticket, whether the screening was called off, and the row in the log.
"""

from __future__ import annotations

import uuid
from dataclasses import replace

from app.api import identity
from app.api.admission_schemas import AdmissionSchema, NewAdmissionSchema
from app.api.identity import DOOR_DEVICE, require
from app.api.resource import Resource
from app.core import db
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid, NotFound
from app.core.throttle import keyed_hash
from app.events import service as events
from app.tickets import service as tickets
from app.tickets.service import Admission
from app.users.service import Device

SERVICE, PATH = "tickets", "/admissions"
REPEAT_SECONDS = 600  # for so long a repeated scan gets its first answer
blueprint = Resource("admissions", about="Scans at the door, by a door device")


@blueprint.post("")
@require(DOOR_DEVICE)
@blueprint.body(NewAdmissionSchema)
@blueprint.response(200, AdmissionSchema)
@blueprint.doc(operationId="createAdmission")
def create_admission(code: str, nonce: uuid.UUID, screening: int | None) -> Admission:
    """Try to admit a ticket; a refusal is an answer with 200 too

    Site and gate are those of the device. Every try is logged. 409 `admission.once` if a scan with this nonce and code
    was answered long ago.
    """
    device = _device()
    try:
        with db.transaction():
            return tickets.admit_once(
                code,
                _actor(device),
                gate=device.name,
                screening_id=_checked_screening(screening, device),
                cinema_id=device.site_id,
                once=f"api {nonce} {keyed_hash(code)}",
            )
    except tickets.DuplicateAttempt as error:
        return _first_answer(error, device)


def _device() -> Device:
    device = identity.caller().device
    assert device is not None
    return device


def _actor(device: Device) -> Actor:
    """The actor of a scan: the account that was signed in last at the device answers for it."""
    return replace(identity.actor(), user_id=device.account_id, channel="door")


def _checked_screening(screening_id: int | None, device: Device) -> int | None:
    """The id of a screening at the device's site. Raises Invalid `place.unknown`."""
    if screening_id is None:
        return None
    try:
        if events.screening(screening_id).cinema.id == device.site_id:
            return screening_id
    except NotFound:
        pass
    raise Invalid("place.unknown", "screening")


def _first_answer(error: tickets.DuplicateAttempt, device: Device) -> Admission:
    """The answer to the scan that came before. Raises Conflict `admission.once` if it is old, or of another device."""
    try:
        return tickets.recent_admission(error.admission_id, _actor(device), seconds=REPEAT_SECONDS)
    except NotFound:
        raise Conflict("admission.once") from None
