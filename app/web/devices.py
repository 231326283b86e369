"""The device behind a request, known by a cookie that only this machine has: a paired kiosk, or a door device.

A kiosk gets the kiosk's layout and leaves nothing in the browser's cache; limits count by device, not by the address of
the foyer's network.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, g, request, session

from app.core import db
from app.core.config import settings
from app.core.errors import NotFound
from app.core.i18n import LOCALES, translate
from app.core.throttle import keyed_hash
from app.users import service as users
from app.users.service import Device
from app.web.locale import COOKIE
from app.web.lookups import recent_is_enough
from app.web.security import over_tls

# Seconds: the longest age that browsers allow. It starts again when the token is renewed.
_MAX_AGE = 400 * 24 * 60 * 60
LANGUAGE_COOKIE = COOKIE
MODES = ("large", "contrast", "low", "listen")  # of display and of the voice; they end with the visit
_MODES = "modes"
_DOOR, _DOOR_MAX_AGE = "door", 30 * 24 * 60 * 60  # seconds
_WITHOUT_DEVICE = ("static", "health.alive", "health.ready")


def init_app(app: Flask) -> None:
    app.before_request(_recognise)
    app.after_request(_forbid_storing)
    app.context_processor(_for_templates)


def _recognise() -> None:
    if request.endpoint in _WITHOUT_DEVICE or device_token() is None:
        return
    g.has_kiosk_layout = True  # an error page too, if the lookup fails
    device = current_kiosk()
    g.has_kiosk_layout = device is not None
    if device is not None:
        g.address_key = keyed_hash(f"device {device.id}")
        if (
            LANGUAGE_COOKIE not in request.cookies
        ):  # the visitor has chosen none; the browser's is of no person
            g.locale_override = settings().cinema.default_locale


def _forbid_storing(response: Response) -> Response:
    if g.get("has_kiosk_layout"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _for_templates() -> dict[str, Any]:
    """`kiosk`: None for a browser; for a kiosk its modes, its times in seconds, and what it says offline.

    `has_choices`: somebody chose a mode or a language, so that the attract page too must be left one day.
    """
    if not g.get("has_kiosk_layout"):
        return {"kiosk": None}
    times = settings().kiosk.model_dump(include={"idle_seconds", "paying_seconds", "countdown_seconds"})
    no_answer = [
        (
            locale.replace("_", "-"),
            translate(locale, "No connection. We keep trying; your page stays as it is."),
        )
        for locale in LOCALES
    ]
    has_choices = bool(modes()) or LANGUAGE_COOKIE in request.cookies
    chosen = {mode: mode in modes() for mode in MODES}
    return {"kiosk": {**times, "no_answer": no_answer, "has_choices": has_choices, **chosen}}


def modes() -> list[str]:
    """The modes of display that this visit has switched on."""
    return list(session.get(_MODES, ()))


def toggle_mode(mode: str) -> None:
    """Switch a mode of display on or off for this visit; an unknown one changes nothing."""
    if mode in MODES:
        session[_MODES] = [one for one in MODES if (one in modes()) != (one == mode)]


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


def current_kiosk() -> Device | None:
    """The paired kiosk that sent this request, or None."""
    device = current_device()
    return device if device is not None and device.kind == "kiosk" else None


def current_door() -> Device | None:
    """The door device that sent this request, or None; looked up once a request."""
    if "door" not in g:
        found = _authenticated(request.cookies.get(cookie_name(_DOOR)))
        g.door = found if found is not None and found.kind == "door" else None
    device: Device | None = g.door
    return device


def remember_door(response: Response, token: str) -> None:
    """Store the door device's token in its cookie; an empty token deletes it."""
    set_cookie(response, _DOOR, token, max_age=_DOOR_MAX_AGE if token else 0)


def _authenticated(token: str | None) -> Device | None:
    if not token:
        return None
    try:
        with db.reading():
            find = users.recent_device if recent_is_enough() else users.authenticate_device
            return find(token)
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
