"""Decisions of supervisors at the door, about their own tries over the API."""

from __future__ import annotations

from app.api import door_access, identity
from app.api.admission_schemas import AdmissionSchema, DecisionSchema
from app.api.identity import require
from app.api.resource import Resource
from app.core import db
from app.core.errors import NotFound
from app.tickets import service as tickets
from app.tickets.service import Action, Admission, Door

SERVICE, PATH = "tickets", "/admissions"
blueprint = Resource("decisions", about="What supervisors decide at the door")


@blueprint.post("/<int:admission_id>/decisions")
@require(*door_access.SUPERVISORS)
@blueprint.body(DecisionSchema)
@blueprint.response(200, AdmissionSchema)
@blueprint.doc(operationId="decideAdmission")
def decide(admission_id: int, action: Action, reason: str, note: str) -> Admission:
    """Admit against a refusal, undo an admission, or let a person out for a while

    The try is one that the same account made in the last ten minutes; its `actions` say what is possible. A repeat of
    the same decision gets its first answer. 409 `supervision.superseded` if the ticket has changed since.
    """
    actor = door_access.actor()
    user = identity.caller().user
    tried = tickets.recent_admission(admission_id, actor, seconds=door_access.REPEAT_SECONDS)
    if user is None or tried.ticket is None:
        raise NotFound("action")
    facts = tried.ticket.facts
    door = Door(actor, facts.auditorium_name, facts.screening_id, facts.cinema_id)
    try:
        with db.transaction():
            return tickets.decide(action, tried, door, supervisor_id=user.id, reason=reason, note=note)
    except tickets.DuplicateAttempt as error:
        return door_access.first_answer(error)
