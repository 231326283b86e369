"""The scan page: staff scan or type a code and read the verdict, with and without JavaScript."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from flask import Response, redirect, render_template, url_for
from htmx_flask import make_response, request

from app.core import db
from app.core.actor import Actor
from app.core.errors import Invalid, NotFound, TooMany
from app.core.throttle import keyed_hash
from app.door import blueprint, verdicts
from app.door.page_answers import uncached
from app.door.place import (
    MAX_GATE_LENGTH,
    Place,
    admitting_screenings,
    contains_ticket_code,
    current_place,
    place_choices,
    remember,
    submitted_place,
)
from app.door.staff import require_staff
from app.door.verdict import Verdict
from app.tickets import service as tickets
from app.tickets.service import Admission, Attendance
from app.users import service as users
from app.users.service import User
from app.web import error_texts
from app.web.actor import current_actor
from app.web.devices import current_door
from app.web.locale import gettext as _
from app.web.lookups import accept_recent
from app.web.security import over_tls
from app.web.sign_in import signed_in_user

SHOWN_SECONDS = 120  # later an answer is not shown again: it would be mistaken for the next person's


@blueprint.get("/staff/scan")
@require_staff
def scan() -> Response:
    """Show the scan page."""
    return _page(current_place(request))


@blueprint.get("/staff/scan/next")
@require_staff
def next_scan() -> Response:
    """The parts of the scan page that htmx shows instead of a verdict: the page waits for the next ticket."""
    if not request.htmx:
        return make_response(redirect(url_for("door.scan"), 303))
    return _answer(current_place(request), None)


@blueprint.get("/staff/place")
@blueprint.get("/staff/admissions")
def redirect_to_scan() -> Response:
    """Redirect a GET of a form's address: the sign-in returns to it if the session ended before the form was sent."""
    return make_response(redirect(url_for("door.scan"), 303))


@blueprint.post("/staff/place")
@require_staff
def change_place() -> Response:
    """Change the screening, the site or the gate's name, and store it on this device."""
    try:
        place = submitted_place(request)
    except Invalid as error:
        return _page(
            current_place(request), errors={error.field: error_texts.sentence(error)}, status=error.status
        )
    device = current_door()
    if device is not None and place.cinema is not None:
        with db.transaction():
            users.move_door(device.id, place.cinema.id, place.gate)
    return _remember_place(place, make_response(redirect(url_for("door.scan"), 303)))


@blueprint.post("/staff/admissions")
@accept_recent
@require_staff
def submit_code() -> Response:
    """Redirect to the answer by 303, so that loading it again is no second try; htmx gets the answer itself."""
    place, typed = current_place(request), request.form.get("code", "")
    if not typed.strip():
        return _answer(place, None, error=_("Scan a QR code, or type the ticket's code."), status=422)
    codes = tickets.split_codes(typed)
    if len(codes) > tickets.MAX_CODES:
        message = _("Those are too many codes in one go. Scan one ticket after another.")
        return _answer(place, None, error=message, status=422)
    tried: list[Admission] = []
    is_single = len(codes) == 1
    counted = admitting_screenings(place) if is_single and request.htmx else []
    try:
        for code in codes:
            tried.append(_admit(code, place, _nonce() if is_single else None, counted))
    except TooMany as error:
        answers = [*(verdicts.verdict_of(one, place) for one in tried), verdicts.too_many(error.retry_after)]
        response = _answer(place, verdicts.combined_verdict(answers), status=error.status)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    if len(tried) > 1:  # what the first verdict says about its order may have changed by the last one
        tried = [tickets.recent_admission(one.id, _actor(), seconds=SHOWN_SECONDS) for one in tried]
    address = url_for("door.answer", ids=",".join(str(one.id) for one in tried))
    if not request.htmx:
        return _remember_place(place, make_response(redirect(address, 303)))
    verdict = verdicts.combined_verdict([verdicts.verdict_of(one, place) for one in tried])
    response = _answer(place, verdict, attendance=tried[0].attendance if is_single else None)
    return _remember_place(place, make_response(response, replace_url=address))


def _admit(code: str, place: Place, nonce: uuid.UUID | None, counted: Sequence[int]) -> Admission:
    """Try one code; a form that was sent twice gets its first answer. Raises TooMany."""
    actor = _actor()
    try:
        with db.transaction():
            return tickets.admit(
                code,
                actor,
                gate=place.gate,
                screening_id=place.screening_id,
                cinema_id=place.cinema_id,
                once=_once_token(code),
                nonce=nonce,
                counted=counted,
            )
    except tickets.DuplicateAttempt as error:
        return tickets.recent_admission(error.admission_id, actor, seconds=SHOWN_SECONDS)


@blueprint.get("/staff/admissions/<ids>")
@require_staff
def answer(ids: str) -> Response:
    """Show the answer to one try, or to several codes that were sent together: `12`, `12,13`."""
    numbers = [
        int(one) if one.isascii() and one.isdecimal() and len(one) < 20 else 0 for one in ids.split(",")
    ]
    actor = _actor()
    try:
        if len(numbers) > tickets.MAX_CODES:
            raise NotFound("admission")
        tried = [tickets.recent_admission(one, actor, seconds=SHOWN_SECONDS) for one in numbers]
    except NotFound:
        return make_response(redirect(url_for("door.scan"), 303))
    place = current_place(request)
    return _page(place, verdicts.combined_verdict([verdicts.verdict_of(one, place) for one in tried]))


def _staff() -> User:
    user = signed_in_user()
    assert user is not None
    return user


def _actor() -> Actor:
    device = current_door()
    return replace(current_actor(channel="door"), device=device.id if device is not None else None)


def _nonce() -> uuid.UUID | None:
    """The scan's own id, from a page that works without a network too."""
    try:
        return uuid.UUID(request.form.get("nonce", ""))
    except ValueError:
        return None


def _once_token(code: str) -> str | None:
    """The form's once-token with the code: a scanner may send the next code before the page is replaced."""
    once = request.form.get("once", "")
    return keyed_hash(f"{_staff().id}|{once}|{code}") if once else None


def _answer(
    place: Place,
    verdict: Verdict | None,
    *,
    error: str = "",
    status: int = 200,
    attendance: Attendance | None = None,
) -> Response:
    """The verdict: a partial for htmx, else the whole page. `attendance` is counted if the caller has not."""
    if not request.htmx:
        return _page(place, verdict, errors={"code": error} if error else {}, status=status)
    values = _template_values(place, verdict, attendance) | {"errors": {"code": error} if error else {}}
    return uncached(render_template("door/_answer.html", **values), status)


def _page(
    place: Place, verdict: Verdict | None = None, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    typed_gate = request.form.get("gate", place.gate)[:400]
    values = _template_values(place, verdict) | {
        "choices": place_choices(),
        "longest_gate": MAX_GATE_LENGTH,
        "errors": errors or {},
        "typed_gate": place.gate if contains_ticket_code(typed_gate) else typed_gate,
        "typed_code": request.form.get("code", "")[:400] if status != 200 else "",
        "no_answer": verdicts.no_answer(),
        "staff": _staff(),
        "offline_device": current_door(),
    }
    return uncached(render_template("door/page_scan.html", **values), status)


def _template_values(
    place: Place, verdict: Verdict | None, attendance: Attendance | None = None
) -> dict[str, object]:
    return {
        "place": place,
        "verdict": verdict,
        "attendance": attendance or tickets.attendance(*admitting_screenings(place)),
    }


def _remember_place(place: Place, response: Response) -> Response:
    remember(place, response, secure=over_tls())
    return response
