"""The tickets on the phone: the page that a phone opens by the QR on the kiosk's screen."""

from __future__ import annotations

from flask import make_response, redirect, render_template
from werkzeug.wrappers import Response

from app.core import db
from app.orders import service as orders
from app.orders.service import PhoneLinkOver
from app.web import links
from kiosk import blueprint


@blueprint.get("/kiosk/phone/<key>")
def phone(key: str) -> Response:
    """A button alone: programs that only look at a link do not use it up."""
    return _page(key)


@blueprint.post("/kiosk/phone/<key>")
def open_on_phone(key: str) -> Response:
    """Use the link up and open the order. Raises NotFound for a key that was never issued."""
    try:
        with db.transaction():
            token = orders.take_to_phone(key)
    except PhoneLinkOver as error:
        return _page(key, is_over=True, status=error.status)
    return make_response(redirect(links.order(token), 303))


def _page(key: str, *, is_over: bool = False, status: int = 200) -> Response:
    body = render_template("kiosk/page_phone.html", key=key, is_over=is_over)
    return make_response(body, status, {"Cache-Control": "no-store"})
