"""The header Idempotency-Key: a POST that is sent twice acts once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, g, make_response, request

from app.api import identity
from app.core import db, idempotency
from app.core.errors import Invalid
from app.core.idempotency import Answer

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{16,200}")
PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": True,
    "schema": {"type": "string", "minLength": 16, "maxLength": 200},
    "description": (
        "random, new for each act. The same key with the same body gets the first answer, for 24 hours; with another"
        " body 422; while the first request runs 409 with `Retry-After`"
    ),
}


def once(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a view that acts, outside of the decorators that parse and answer: a repeat gets the first answer.

    The view runs in a transaction that commits together with its answer.
    """

    @wraps(view)
    def acting(*arguments: Any, **named: Any) -> Response:
        lease = idempotency.begin(
            f"{request.method} {request.path} {identity.caller().own(_key())}", _content()
        )
        if isinstance(lease, Answer):
            return _response(lease)
        try:
            with db.transaction():
                response = make_response(view(*arguments, **named))
                idempotency.finish(lease, _answer(response))
        except BaseException:
            idempotency.release(lease)  # nothing is committed: the request may be sent again, or corrected
            raise
        return response

    return acting


def show_once(member: str) -> None:
    """Leave a member of this answer's object out of the answer to a repeat, where it is null: it is not stored."""
    g.shown_once = member


def key_of_request() -> str:
    """The key of this request, which `once` has checked."""
    return request.headers[HEADER]


def _key() -> str:
    key = request.headers.get(HEADER, "")
    if not _KEY.fullmatch(key):
        raise Invalid("idempotency.key", HEADER)
    return key


def _content() -> str:
    return hashlib.sha256(request.get_data()).hexdigest()


def _answer(response: Response) -> Answer:
    content_type = response.headers.get("Content-Type", "application/json")
    return Answer(
        response.status_code, content_type, response.headers.get("Location"), _content_to_keep(response)
    )


def _content_to_keep(response: Response) -> bytes:
    member = g.pop("shown_once", None)
    if member is None:
        return response.get_data()
    return json.dumps(response.get_json() | {member: None}).encode()


def _response(answer: Answer) -> Response:
    response = make_response(answer.body, answer.status)
    response.headers["Content-Type"] = answer.content_type
    response.headers["Cache-Control"] = "no-store"
    if answer.location:
        response.headers["Location"] = answer.location
    return response
