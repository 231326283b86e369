"""Errors of the API as problem documents (RFC 9457), each with a `type` that never changes.

The code of an error is the end of its type: `urn:bilheteria:problem:seats.lost`. Type and code never change; title,
`detail` and the sentences of `errors` are in the caller's language. Where the pages have a sentence, it is the same.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, current_app, make_response, request
from werkzeug.exceptions import HTTPException

from app.api import problem_texts
from app.api.document import PREFIX, PROBLEM
from app.api.refusals import Refused
from app.core.errors import BilheteriaError, Conflict, Invalid, TooMany
from app.core.idempotency import StillRunning
from app.events.service import ScreeningClosed
from app.web import error_texts
from app.web.application import log_unexpected
from app.web.failures import RETRY_SECONDS, UNAVAILABLE
from app.web.locale import locale

TYPE = "urn:bilheteria:problem:"
# By code: the attributes of the error that are members of its problem.
FACTS = {
    "seats.lost": ("lost", "alternatives"),
    "order.total_changed": ("total",),
    "order.refund_changed": ("refund",),
}


def answer_errors_of(blueprint: Blueprint) -> None:
    """Answer the errors of this blueprint's views by problem documents."""
    blueprint.register_error_handler(BilheteriaError, domain_problem)
    blueprint.register_error_handler(HTTPException, http_problem)
    for unavailable in UNAVAILABLE:
        blueprint.register_error_handler(unavailable, unexpected_problem)
    blueprint.register_error_handler(Exception, unexpected_problem)


def answer_unknown_addresses(app: Flask) -> None:
    """Answer addresses below the API's prefix that no view serves, and wrong methods, by problem documents."""
    pages = app.error_handler_spec[None][None][HTTPException]

    def by_address(error: HTTPException) -> Any:
        if request.path == PREFIX or not request.path.startswith(f"{PREFIX}/"):
            return pages(error)
        return http_problem(error)

    app.register_error_handler(HTTPException, by_address)


def problem(status: int, code: str, detail: str, **more: object) -> Response:
    """A problem document. `more` are further members."""
    body = {
        "type": TYPE + code,
        "title": problem_texts.title(status),
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    response = make_response(current_app.json.response(body), status)
    response.mimetype = PROBLEM
    response.headers["Content-Language"] = locale().replace("_", "-")
    response.vary.add("Accept-Language")
    response.headers["Cache-Control"] = "no-store"
    return response


def domain_problem(error: BilheteriaError) -> Response:
    """The problem of an error that a service raised."""
    sentence = (
        error_texts.closed(error)[1] if isinstance(error, ScreeningClosed) else error_texts.sentence(error)
    )
    if isinstance(error, Invalid):
        place = [{"field": error.field, "code": error.code, "detail": sentence}] if error.field else []
        return problem(error.status, error.code, sentence, errors=place)
    if isinstance(error, TooMany):
        response = problem(error.status, "too_many", sentence)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    if isinstance(error, Conflict):
        response = problem(error.status, error.code, sentence, **_facts(error))
        if isinstance(error, StillRunning):
            response.headers["Retry-After"] = str(error.retry_after)
        return response
    if isinstance(error, Refused):
        response = problem(error.status, error.code, sentence)
        response.headers["WWW-Authenticate"] = error.challenge
        return response
    return of_status(error.status)


def _facts(error: Conflict) -> dict[str, object]:
    """The further members of a conflict's problem: what a client needs to go on."""
    if error.code == "seats.nothing_fits":
        return {"waiting_list": f"{PREFIX}/requests"}
    return {name: getattr(error, name) for name in FACTS.get(error.code, ())}


def http_problem(error: HTTPException) -> Response:
    """The problem of an error of HTTP, and of arguments that do not fit their schema."""
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    messages = getattr(error, "data", {}).get("messages")
    if messages is not None:
        return problem(
            status, "arguments", problem_texts.sentence_of_status(status), errors=list(_places(messages))
        )
    response = of_status(status)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def unexpected_problem(error: Exception) -> Response:
    """The problem of an error that nobody raised on purpose; it is logged, and says nothing of its cause."""
    log_unexpected(error)
    if not isinstance(error, UNAVAILABLE):
        return of_status(500)
    response = of_status(503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def of_status(status: int) -> Response:
    code = HTTPStatus(status).name.lower()
    return problem(status, code, problem_texts.sentence_of_status(status))


def _places(messages: Any, path: str = "") -> Any:
    """The places of webargs' messages: `{"query": {"limit": ["…"]}}` gives the field `limit`."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            below = str(name) if path in ("", "query", "json", "headers") else f"{path}.{name}"
            yield from _places(inner, below)
    else:
        for text in messages if isinstance(messages, list) else [messages]:
            yield {"field": path, "code": "arguments", "detail": problem_texts.sentence_of_field(str(text))}
