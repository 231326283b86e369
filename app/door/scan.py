"""The scan page: a code goes in, a verdict comes out; the same page with and without JavaScript."""

from __future__ import annotations

from flask import Response, redirect, render_template, url_for
from flask_babel import gettext as _
from htmx_flask import make_response, request

from app.core import db
from app.core.actor import Actor
from app.core.errors import Invalid, NotFound, TooMany
from app.core.throttle import keyed_hash
from app.door import blueprint, verdicts
from app.door.place import LONGEST_GATE, Place, choices, chosen, here, holds_code, open_now, remember
from app.door.verdict import Verdict
from app.tickets import service as tickets
from app.tickets.service import Admission
from app.users.service import User
from app.web import error_texts
from app.web.actor import current_actor
from app.web.security import over_tls
from app.web.sign_in import require_role, signed_in_user

SHOWN_SECONDS = 120  # an answer is not shown again later: it would be taken for the next person's
require_staff = require_role("door", "manager")
require_supervisor = require_role("manager")


@blueprint.get("/staff/scan")
@require_staff
def scan() -> Response:
    return _page(here(request))


@blueprint.get("/staff/place")
@blueprint.get("/staff/admissions")
@blueprint.get("/staff/early-admissions")
def back_to_scan() -> Response:
    """Where the sign-in leads whose session ended before they sent a form."""
    return make_response(redirect(url_for("door.scan"), 303))


@blueprint.post("/staff/place")
@require_staff
def stand() -> Response:
    """Another screening, all rooms, or another name of the gate; remembered on this device."""
    try:
        place = chosen(request)
    except Invalid as error:
        return _page(here(request), errors={error.field: error_texts.sentence(error)}, status=error.status)
    return _remembered(place, make_response(redirect(url_for("door.scan"), 303)))


@blueprint.post("/staff/admissions")
@require_staff
def try_code() -> Response:
    """303 to the answer, which may be loaded again without being a second try; to htmx the answer itself."""
    place, typed = here(request), request.form.get("code", "")
    if not typed.strip():
        return _answer(place, None, error=_("Scan a QR code, or type the ticket's code."), status=422)
    codes = tickets.codes_in(typed)
    if len(codes) > tickets.MOST_CODES:
        error = _("Those are too many codes in one go. Scan one ticket after another.")
        return _answer(place, None, error=error, status=422)
    tried: list[Admission] = []
    try:
        for code in codes:
            tried.append(_tried(code, place))
    except TooMany as many:
        answers = [*(verdicts.of(one, place) for one in tried), verdicts.too_many(many.retry_after)]
        response = _answer(place, verdicts.of_all(answers), status=many.status)
        response.headers["Retry-After"] = str(many.retry_after)
        return response
    address = url_for("door.answer", ids=",".join(str(one.id) for one in tried))
    if not request.htmx:
        return _remembered(place, make_response(redirect(address, 303)))
    response = _answer(place, verdicts.of_all([verdicts.of(one, place) for one in tried]))
    return _remembered(place, make_response(response, replace_url=address))


def _tried(code: str, place: Place) -> Admission:
    """Raises TooMany."""
    actor = _actor()
    try:
        with db.transaction():
            return tickets.admit(
                code,
                actor,
                gate=place.gate,
                screening_id=place.screening_id,
                cinema_id=place.cinema_id,
                once=_once(code),
            )
    except tickets.TriedBefore as error:
        return tickets.admission(error.admission_id, actor, seconds=SHOWN_SECONDS)


@blueprint.post("/staff/early-admissions")
@require_supervisor
def let_in_early() -> Response:
    """The supervisor's word on a ticket that came too early; 303 to its answer, or to the page where it is too late."""
    place, typed = here(request), request.form.get("admission", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 20 else 0
    try:
        with db.transaction():
            admitted = tickets.admit_early(
                number,
                _actor(),
                gate=place.gate,
                screening_id=place.screening_id,
                cinema_id=place.cinema_id,
                seconds=SHOWN_SECONDS,
                once=keyed_hash(f"{_staff().id}|early|{number}"),
            )
        number = admitted.id
    except tickets.TriedBefore as error:
        number = error.admission_id
    except NotFound:
        return make_response(redirect(url_for("door.scan"), 303))
    return _remembered(place, make_response(redirect(url_for("door.answer", ids=str(number)), 303)))


@blueprint.get("/staff/admissions/<ids>")
@require_staff
def answer(ids: str) -> Response:
    """The answer to one try, or to several codes that came in one go: `12`, `12,13`."""
    numbers = [
        int(one) if one.isascii() and one.isdecimal() and len(one) < 20 else 0 for one in ids.split(",")
    ]
    actor = _actor()
    try:
        if len(numbers) > tickets.MOST_CODES:
            raise NotFound("admission")
        tried = [tickets.admission(one, actor, seconds=SHOWN_SECONDS) for one in numbers]
    except NotFound:
        return make_response(redirect(url_for("door.scan"), 303))
    place = here(request)
    return _page(place, verdicts.of_all([verdicts.of(one, place) for one in tried]))


def _staff() -> User:
    user = signed_in_user()
    assert user is not None
    return user


def _actor() -> Actor:
    return current_actor(channel="door")


def _once(code: str) -> str | None:
    """Of this form and what was typed into it: a scanner may send the next ticket before the page has come."""
    once = request.form.get("once", "")
    return keyed_hash(f"{_staff().id}|{once}|{code}") if once else None


def _answer(place: Place, verdict: Verdict | None, *, error: str = "", status: int = 200) -> Response:
    """The verdict as a part of the page to htmx, else in its page."""
    if not request.htmx:
        return _page(place, verdict, errors={"code": error} if error else {}, status=status)
    values = _values(place, verdict) | {"errors": {"code": error} if error else {}}
    return _kept_by_nobody(render_template("door/_answer.html", **values), status)


def _page(
    place: Place, verdict: Verdict | None = None, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    typed_gate = request.form.get("gate", place.gate)[:400]
    values = _values(place, verdict) | {
        "choices": choices(),
        "longest_gate": LONGEST_GATE,
        "errors": errors or {},
        "typed_gate": place.gate if holds_code(typed_gate) else typed_gate,
        "typed_code": request.form.get("code", "")[:400] if status != 200 else "",
        "no_answer": verdicts.no_answer(),
        "staff": _staff(),
    }
    return _kept_by_nobody(render_template("door/page_scan.html", **values), status)


def _values(place: Place, verdict: Verdict | None) -> dict[str, object]:
    return {
        "place": place,
        "verdict": verdict,
        "attendance": tickets.attendance(*open_now(place)),
        "is_supervisor": _staff().role == "manager",
    }


def _kept_by_nobody(body: str, status: int) -> Response:
    return make_response(body, status, {"Cache-Control": "no-store"})


def _remembered(place: Place, response: Response) -> Response:
    remember(place, response, secure=over_tls())
    return response
