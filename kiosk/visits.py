"""Visits: one person after another at the same screen. Nothing of a visit is left for the next one.

A visit begins when somebody touches the attract page and has a visitor id of its own: orders belong to the visit, and
limits count by it.
"""

from __future__ import annotations

from contextlib import suppress

from flask import Response, g, make_response, redirect, request, session

from app.core import db
from app.core.actor import Actor
from app.core.errors import Conflict, NotFound
from app.orders import service as orders
from app.payments import service as payments
from app.web import devices, links
from app.web.actor import current_actor
from app.web.security import current_visitor, new_visitor, safe_next
from kiosk import blueprint

# Not "cookies": the device's own must stay. Not "cache": pages are not stored, and the fonts would be loaded again.
CLEARED = '"storage"'


@blueprint.post("/kiosk/visits")
def begin_visit() -> Response:
    """End the visit before, if any, and begin one at `next`, by default the programme.

    What was chosen on the attract page, language and modes, belongs to the visit that begins.
    """
    if not _is_still_paired():
        return _first_page()
    response = make_response(redirect(safe_next(request.form.get("next"), links.kiosk("programme")), 303))
    if is_open():
        _end_visit(response)
    session["visitor"] = new_visitor()
    return response


@blueprint.post("/kiosk/leave")
def leave() -> Response:
    """End the visit: release what it holds, forget what it typed, and show the attract page.

    With `idle` nobody was there to say so: an order whose Pix was shown may be paid this very moment, so it stays until
    its deadline. A card terminal is told to stop in any case: the next person's card must not pay for this order.
    """
    if not _is_still_paired():
        return _first_page()
    response = _first_page()
    _end_visit(response, idle="idle" in request.form)
    return response


@blueprint.post("/kiosk/access")
def change_access() -> Response:
    """Switch a mode of display on or off (`toggle`), and go back to the page that asked (`next`)."""
    if not _is_still_paired():
        return _first_page()
    devices.toggle_mode(request.form.get("toggle", ""))
    return make_response(redirect(safe_next(request.form.get("next"), links.kiosk()), 303))


def is_open() -> bool:
    """Whether a visit is going on."""
    return current_visitor() is not None


def _is_still_paired() -> bool:
    """False for a kiosk that was revoked while its page was open. Raises NotFound for a browser that is no kiosk."""
    if devices.device_token() is None:
        raise NotFound("kiosk")
    return devices.current_kiosk() is not None


def _first_page() -> Response:
    return make_response(redirect(links.kiosk(), 303))


def _end_visit(response: Response, *, idle: bool = False) -> None:
    visitor = current_visitor()
    if visitor:
        actor = current_actor()
        for order in orders.open_orders_of(visitor):
            if order.is_draft or order.method == payments.CARD_PRESENT or not idle:
                _abandon(order.token, actor)
    session.clear()
    g.pop("csrf_token", None)
    response.delete_cookie(devices.LANGUAGE_COOKIE)
    response.headers["Clear-Site-Data"] = CLEARED


def _abandon(token: str, actor: Actor) -> None:
    with suppress(Conflict), db.transaction():  # Conflict: it was paid meanwhile
        orders.abandon(token, actor)
