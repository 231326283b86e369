"""Switching the language: the choice is remembered in the browser, and for the mails of its account."""

from __future__ import annotations

from flask import Blueprint, Response, after_this_request, make_response, redirect, request

from app.core import db
from app.core.i18n import LOCALES
from app.users import service as users
from app.web.locale import COOKIE, override
from app.web.security import csrf, from_our_own_page, over_tls, safe_next
from app.web.sign_in import session_key, signed_in_user

blueprint = Blueprint("language", __name__)


@blueprint.post("/language")
@csrf.exempt
def switch() -> Response:
    """Store the visitor's language in a cookie and redirect to the page of the form.

    The form is on every page and has no CSRF token: a token would create a session for each visitor.
    """
    chosen = request.form.get("language", "") if from_our_own_page() else ""
    response = make_response(redirect(safe_next(request.form.get("next")), 303))
    return _store(chosen, response) if chosen in LOCALES else response


def switched_within_form() -> bool:
    """Whether the form was sent by its language button; if so, switch the language of this request.

    The view then shows the same page with the values of the form, which a redirect through `/language` would lose.
    """
    chosen = request.form.get("language", "")
    if chosen not in LOCALES:
        return False
    override(chosen)
    after_this_request(lambda response: _store(chosen, response))
    return True


def _store(chosen: str, response: Response) -> Response:
    if session_key() is not None:
        _store_in_account(chosen)
    response.set_cookie(COOKIE, chosen, max_age=31536000, samesite="Lax", httponly=True, secure=over_tls())
    return response


def _store_in_account(chosen: str) -> None:
    """Use the language also for mails to the account of this visitor."""
    user = signed_in_user()
    if user is not None:
        with db.transaction():
            users.change_locale(user.id, chosen)
