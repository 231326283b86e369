"""The paired device behind a request, known by a cookie that only a paired machine has."""

from __future__ import annotations

from flask import Response, current_app, g, request

from app.core import db
from app.core.errors import NotFound
from app.users import service as users
from app.users.service import Device
from app.web.security import over_tls

_MAX_AGE = 400 * 24 * 60 * 60  # browsers allow no more; each renewal of the token begins it anew


def cookie_name(name: str) -> str:
    """The cookie's name: behind TLS with the prefix by which browsers keep other hosts from setting it."""
    return f"__Host-{name}" if current_app.extensions["behind_tls"] else name


def device_token() -> str | None:
    return request.cookies.get(cookie_name("device"))


def current_device() -> Device | None:
    """The paired device that sent this request, or None; looked up once a request."""
    if "device" not in g:
        g.device = _authenticated(device_token())
    device: Device | None = g.device
    return device


def _authenticated(token: str | None) -> Device | None:
    if not token:
        return None
    try:
        with db.reading():
            return users.authenticate_device(token)
    except NotFound:
        return None


def remember_token(response: Response, token: str) -> None:
    """Store the device's token in its cookie."""
    set_cookie(response, "device", token, max_age=_MAX_AGE)


def set_cookie(response: Response, name: str, value: str, *, max_age: int) -> None:
    """Set a cookie that scripts cannot read and other sites cannot make a browser send."""
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=max_age,
        path="/",
        samesite="Strict",
        httponly=True,
        secure=over_tls(),
    )
