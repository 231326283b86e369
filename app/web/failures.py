"""Error pages: a short title, one sentence and one link, instead of a bare status."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, current_app, make_response, redirect, render_template, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException

from app.core.errors import BilheteriaError, TooMany
from app.web import error_texts
from app.web.application import log_unexpected
from app.web.security import safe_next
from app.web.sign_in import skip_account_lookup

UNAVAILABLE = (OperationalError, InterfaceError, NoConnectionLeft)  # temporary failures of the database
RETRY_SECONDS = 5


def init_app(app: Flask) -> None:
    app.register_error_handler(BilheteriaError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    if not app.testing:
        app.register_error_handler(Exception, _unexpected)


def page(status: int, sentence: str | None = None) -> Response:
    """The error page of `status`, in the visitor's language."""
    if status >= 500:
        skip_account_lookup()  # the database may be what failed
    title, usual = error_texts.of_status(status)
    body = render_template("errors/page_error.html", status=status, title=title, sentence=sentence or usual)
    return make_response(body, status)


def _domain_error(error: BilheteriaError) -> Response:
    response = page(error.status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http_error(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        return make_response(error.get_response())
    cause = getattr(error, "original_exception", None)  # the error behind this 500
    if cause is not None:
        return _failed(cause)
    if error.code == 405 and request.method == "GET" and (page_path := _page_of_form(request.path)):
        return make_response(redirect(page_path, 303))
    response = page(error.code)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _page_of_form(path: str) -> str | None:
    """The page that a form's address belongs to: `/account` for `/account/name`.

    The language switch and the sign-in redirect to such an address after a form was answered with errors.
    """
    addresses = current_app.create_url_adapter(request)
    while addresses is not None and (path := path.rpartition("/")[0]):
        try:
            addresses.match(path, method="GET")
        except HTTPException:  # no route, no GET, or a redirect
            continue
        return safe_next(quote(path), "") or None
    return None


def _unexpected(error: Exception) -> Response:
    log_unexpected(error)
    return _failed(error)


def _failed(error: BaseException) -> Response:
    response = page(503 if isinstance(error, UNAVAILABLE) else 500)
    if isinstance(error, UNAVAILABLE):
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
