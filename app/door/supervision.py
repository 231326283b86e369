"""The page on which a supervisor decides about a try, signed in or by a PIN; and the page on which the PIN is set."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from htmx_flask import make_response, request

from app.core import db
from app.core.actor import Actor
from app.core.errors import BilheteriaError, Conflict, Invalid, NotFound, TooMany
from app.door import blueprint, decisions, verdicts
from app.door.page_answers import uncached
from app.door.place import Place, current_place
from app.door.staff import require_staff, require_supervisor
from app.tickets import service as tickets
from app.tickets.service import ACTIONS, Action, Admission
from app.users import service as users
from app.users.service import SUPERVISOR_ROLES, User
from app.web import error_texts
from app.web.actor import current_actor
from app.web.sign_in import signed_in_user

DECISION_SECONDS = 600  # a supervisor who was called needs some minutes to come


@blueprint.get("/staff/supervision/<int:number>")
@require_staff
def supervision(number: int) -> Response:
    """Show what a supervisor may decide about a try; 303 to the scan page if it is old or needs no decision."""
    try:
        tried = _decidable(number)
    except NotFound:
        return make_response(redirect(url_for("door.scan"), 303))
    return _page(tried)


@blueprint.post("/staff/supervision/<int:number>")
@require_staff
def decide(number: int) -> Response:
    """Carry out the decision; 303 to its verdict."""
    try:
        tried = _decidable(number)
        with db.transaction():
            made = _decide(tried, current_place(request)).id
    except tickets.DuplicateAttempt as error:
        made = error.admission_id
    except NotFound:
        return make_response(redirect(url_for("door.scan"), 303))
    except (Invalid, TooMany, Conflict) as error:
        return _page(tried, error)
    return make_response(redirect(url_for("door.answer", ids=str(made)), 303))


def _decide(tried: Admission, place: Place) -> Admission:
    """The logged decision of the form. Raises Invalid and what `tickets.decide` and `supervisor_by_pin` raise."""
    form, actor = request.form, current_actor(channel="door")
    action = _action(form.get("action", ""), tried)
    if action is None:
        raise Invalid("action.missing", "action")
    reason, note = tickets.checked_reason(form.get("reason", ""), form.get("note", "")[:400])
    supervisor_id = _supervisor_id(actor)
    door = tickets.Door(actor, place.gate[: tickets.MAX_GATE_LENGTH], place.screening_id, place.cinema_id)
    return tickets.decide(action, tried, door, supervisor_id=supervisor_id, reason=reason, note=note)


def _supervisor_id(actor: Actor) -> int:
    """The signed-in supervisor, else the one whose PIN is in the form. Raises Invalid, TooMany."""
    staff = _staff()
    if staff.role in SUPERVISOR_ROLES:
        return staff.id
    typed = request.form.get("supervisor", "")
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
        raise Invalid("supervisor.missing", "supervisor")
    return users.supervisor_by_pin(int(typed), request.form.get("pin", "")[:40], actor).id


def _decidable(number: int) -> Admission:
    """A recent try of this account about which a supervisor may decide. Raises NotFound."""
    actor = current_actor(channel="door")
    tried = tickets.recent_admission(number, actor, seconds=DECISION_SECONDS)
    if not tickets.actions_on(tried):
        raise NotFound("admission")
    return tried


def _action(typed: str, tried: Admission) -> Action | None:
    return next((one for one in ACTIONS if one == typed and one in tickets.actions_on(tried)), None)


def _page(tried: Admission, error: BilheteriaError | None = None) -> Response:
    allowed = tickets.actions_on(tried)
    place = current_place(request)
    values = {
        "place": place,
        "tried": tried,
        "verdict": verdicts.verdict_of(tried, place),
        "actions": {one: decisions.action_text(one, tried) for one in allowed},
        "chosen": _action(request.form.get("action", ""), tried) or allowed[0],
        "reasons": decisions.reasons(),
        "reason": request.form.get("reason", ""),
        "note": request.form.get("note", "")[:400],
        "needs_pin": _staff().role not in SUPERVISOR_ROLES,
        "supervisors": users.supervisors_with_pin(),
        "supervisor": request.form.get("supervisor", ""),
        "errors": _errors(error),
    }
    status = getattr(error, "status", 200)
    answer = uncached(render_template("door/page_supervision.html", **values), status)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _errors(error: BilheteriaError | None) -> dict[str, str]:
    if error is None:
        return {}
    if isinstance(error, TooMany):
        return {"pin": error_texts.wait(error)}
    return {getattr(error, "field", None) or "action": error_texts.sentence(error)}


@blueprint.get("/staff/pin")
@require_supervisor
def pin() -> Response:
    """Show the form in which a supervisor sets the PIN."""
    return _pin_page({})


@blueprint.post("/staff/pin")
@require_supervisor
def set_pin() -> Response:
    """Set the PIN, with the account's password; 303 to the form."""
    try:
        with db.transaction():
            users.set_pin(
                _staff().id, request.form.get("password", "")[:400], request.form.get("pin", "")[:40]
            )
    except TooMany as error:
        return _pin_page({"password": error_texts.wait(error)}, error.status)
    except Invalid as error:
        return _pin_page({error.field: error_texts.sentence(error)}, error.status)
    flash(_("Your PIN is set. Tell it to nobody."))
    return make_response(redirect(url_for("door.pin"), 303))


def _pin_page(errors: dict[str, str], status: int = 200) -> Response:
    return uncached(render_template("door/page_pin.html", errors=errors, staff=_staff()), status)


def _staff() -> User:
    user = signed_in_user()
    assert user is not None
    return user
