"""The page of the keys that sign tickets: managers make a new one, and block them all when one was stolen."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.backoffice import blueprint
from app.backoffice.devices import require_manager
from app.backoffice.moments import moment_text
from app.core import db
from app.core.config import settings
from app.tickets import service as tickets
from app.tickets.service import KeyState
from app.web import error_texts


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key as the page shows it, with its times in words."""

    key: KeyState
    made: str
    signs_from: str
    blocked: str


@blueprint.get("/staff/keys")
@require_manager
def keys() -> Response:
    """Show all keys."""
    return _page()


@blueprint.post("/staff/keys")
@require_manager
def make_key() -> Response:
    """Make a new key; it signs when all doors had the time to get it."""
    try:
        with db.transaction():
            tickets.rotate_key()
    except tickets.KeyWaits as error:
        return _page(errors={"new": error_texts.sentence(error)}, status=error.status)
    flash(_("The new key is made. All doors get it now."))
    return make_response(redirect(url_for("backoffice.keys"), 303))


@blueprint.post("/staff/keys/blocked")
@require_manager
def block_keys() -> Response:
    """Block all keys and sign with a new one at once. The worker re-signs the tickets."""
    if request.form.get("sure") != "yes":
        return _page(errors={"sure": _("Tick the box if a key was stolen.")}, status=422)
    seen = request.form.get("last", "")
    last_seen = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 6 else -1
    try:
        with db.transaction():
            tickets.rotate_key(retire=True, last_seen=last_seen)
    except tickets.KeysChanged as error:
        return _page(errors={"sure": error_texts.sentence(error)}, status=error.status)
    flash(_("The keys are blocked. The tickets get new QR codes, those of the next screenings first."))
    return make_response(redirect(url_for("backoffice.keys"), 303))


def _page(*, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    found = tickets.key_states()
    body = render_template(
        "backoffice/page_keys.html",
        lines=[
            KeyLine(
                one, moment_text(one.created_at), moment_text(one.signs_from), moment_text(one.blocked_at)
            )
            for one in found
        ],
        left=sum(one.left for one in found),
        hours=settings().cinema.key_lead_hours,
        errors=errors or {},
    )
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    return response
