"""The door of a request to the API: a device at its site, or a member of staff at a screening."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from app.api import identity
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid, NotFound
from app.core.text_input import visible_line
from app.events import service as events
from app.events.service import Screening
from app.tickets import service as tickets
from app.tickets.service import Admission, Door

SUPERVISORS: Final = ("supervisor", "manager")
STAFF: Final = ("door", *SUPERVISORS)
REPEAT_SECONDS: Final = (
    600  # for so long a repeat gets the first answer, and a supervisor may decide about a try
)


def actor() -> Actor:
    """The actor of a scan. For a device the account that was signed in last at it answers."""
    found, device = identity.actor(), identity.caller().device
    return replace(found, channel="door", user_id=device.account_id if device is not None else found.user_id)


def door_of_request(screening_id: int | None, gate: str) -> Door:
    """The door with this screening and gate. Raises Invalid `place.unknown` for a screening that is not here."""
    screening, device = _screening(screening_id), identity.caller().device
    gate = visible_line(gate)
    if device is not None and (screening is None or screening.cinema.id == device.site_id):
        return Door(actor(), gate or device.name, screening_id, device.site_id)
    if device is None and screening is not None:
        return Door(actor(), gate or screening.auditorium_name, screening_id, screening.cinema.id)
    raise Invalid("place.unknown", "screening")


def _screening(screening_id: int | None) -> Screening | None:
    try:
        return events.screening(screening_id) if screening_id is not None else None
    except NotFound:
        raise Invalid("place.unknown", "screening") from None


def first_answer(error: tickets.DuplicateAttempt) -> Admission:
    """The answer to the request that came before. Raises Conflict `admission.once` if it is old or another's."""
    try:
        return tickets.recent_admission(error.admission_id, actor(), seconds=REPEAT_SECONDS)
    except NotFound:
        raise Conflict("admission.once") from None
