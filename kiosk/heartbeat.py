"""The heartbeat of a kiosk: its page reports every minute, and gets a new token when the old one is due."""

from __future__ import annotations

from flask import Response, make_response, request

from app.core import db
from app.core.errors import NotFound
from app.users import service as users
from app.web import devices
from app.web.security import csrf
from kiosk import blueprint


@blueprint.post("/kiosk/heartbeat")
@csrf.exempt
def heartbeat() -> Response:
    """Record the state of the machine: `version`, `printer`, `paper`. 404 tells a revoked one to load its page again.

    It needs no CSRF token: browsers do not send the device's cookie with another site's form (SameSite=Strict).
    """
    token, form = devices.device_token(), request.form
    if not token:
        raise NotFound("device")
    with db.transaction():
        users.heartbeat(
            token,
            version=form.get("version", ""),
            printer=form.get("printer", ""),
            paper=form.get("paper", ""),
        )
        renewed = users.renew_device_token(token)
    response = make_response("", 204)
    response.headers["Cache-Control"] = "no-store"
    if renewed is not None:
        devices.remember_token(response, renewed)
    return response
