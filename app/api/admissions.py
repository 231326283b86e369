"""Admissions at the door, for scanners and turnstiles that are no browser.

A scan costs two statements: the device and its limit, as in every request; and the conditional update that admits the
ticket, with the row in the log.
"""

from __future__ import annotations

import uuid

from app.api import door_access
from app.api.admission_schemas import AdmissionSchema, NewAdmissionSchema
from app.api.identity import DOOR_DEVICE, require
from app.api.resource import Resource
from app.core import db
from app.core.throttle import keyed_hash
from app.tickets import service as tickets
from app.tickets.service import Admission

SERVICE, PATH = "tickets", "/admissions"
blueprint = Resource("admissions", about="Scans at the door, by a door device or by staff")


@blueprint.post("")
@require(DOOR_DEVICE, *door_access.STAFF)
@blueprint.body(NewAdmissionSchema)
@blueprint.response(200, AdmissionSchema)
@blueprint.doc(operationId="createAdmission")
def create_admission(code: str, nonce: uuid.UUID, screening: int | None, gate: str) -> Admission:
    """Try to admit a ticket; a refusal is an answer with 200 too

    A device admits at its site, staff to the `screening` that they name. Every try is logged. 409 `admission.once` if a
    scan with this nonce and code was answered long ago.
    """
    door = door_access.door_of_request(screening, gate)
    try:
        with db.transaction():
            return tickets.admit_once(
                code,
                door.actor,
                gate=door.gate,
                screening_id=door.screening_id,
                cinema_id=door.cinema_id,
                once=f"api {nonce} {keyed_hash(code)}",
            )
    except tickets.DuplicateAttempt as error:
        return door_access.first_answer(error)
