"""Pairing: a new machine at `/kiosk` shows a code until a manager has typed it in, and then becomes a kiosk."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, session, url_for

from app.core import db
from app.core.config import settings
from app.core.errors import TooMany
from app.users import service as users
from app.web import devices, error_texts
from app.web.actor import current_actor
from kiosk import blueprint

_SECRET = "pairing"  # noqa: S105 (the cookie's name)


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
        session.clear()  # somebody may have signed in on this machine before
        devices.remember_token(response, token)
    elif pending is None:
        try:
            with db.transaction():
                made = users.start_pairing(current_actor())
        except TooMany as error:
            return page(error_texts.wait(error), status=error.status)
        devices.set_cookie(response, _SECRET, made.secret, max_age=settings().kiosk.pairing_minutes * 60)
    return response


def page(error: str = "", status: int = 200) -> Response:
    """The page of a machine that is not paired."""
    pending = users.pairing(_secret())
    body = render_template("kiosk/page_pairing.html", pairing=pending, error=error)
    return make_response(body, status, {"Cache-Control": "no-store"})


def _secret() -> str:
    return request.cookies.get(devices.cookie_name(_SECRET), "")
