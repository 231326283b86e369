"""Pairing: a new machine at `/kiosk` shows a code until a manager has typed it in, and then becomes a kiosk."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, url_for

from app.core import db
from app.core.config import settings
from app.core.errors import TooMany
from app.users import service as users
from app.web import devices, error_texts
from app.web.actor import current_actor
from kiosk import blueprint

_SECRET = "pairing"  # noqa: S105 (the cookie's name)


@blueprint.get("/kiosk")
def home() -> Response:
    """The kiosk's first page; on a machine that is not paired, the code that it shows to a manager."""
    device = devices.current_device()
    if device is not None:
        return _no_store(make_response(render_template("kiosk/page_paired.html", device=device)))
    return _page()


@blueprint.post("/kiosk/pairing")
def pair() -> Response:
    """Collect the token if a manager has confirmed the code; show a new code if there is none."""
    response = make_response(redirect(url_for("kiosk.home"), 303))
    if devices.current_device() is not None:
        return response
    secret = _secret()
    pending = users.pairing(secret)
    if pending is not None and pending.confirmed:
        with db.transaction():
            _, token = users.collect_device_token(secret)
        devices.remember_token(response, token)
    elif pending is None:
        try:
            with db.transaction():
                made = users.start_pairing(current_actor())
        except TooMany as error:
            return _page(error_texts.wait(error), status=error.status)
        devices.set_cookie(response, _SECRET, made.secret, max_age=settings().kiosk.pairing_minutes * 60)
    return response


def _page(error: str = "", status: int = 200) -> Response:
    pending = users.pairing(_secret())
    body = render_template("kiosk/page_pairing.html", pairing=pending, error=error)
    return _no_store(make_response(body, status))


def _secret() -> str:
    return request.cookies.get(devices.cookie_name(_SECRET), "")


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
