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
    """Remember the visitor's language and go back where they were.

    Its form stands on every page and carries no token, so that who only looks around gets no session for it.
    """
    chosen = request.form.get("language", "") if from_our_own_page() else ""
    response = make_response(redirect(safe_next(request.form.get("next")), 303))
    return _remember(chosen, response) if chosen in LOCALES else response


def switched_within_form() -> bool:
    """Whether this form came by its button of the other language: nothing is asked for yet.

    Then the answer speaks that language already, and is to be the page as it was filled in: what stands in a form and
    was not sent would be lost on the way by `/language`.
    """
    chosen = request.form.get("language", "")
    if chosen not in LOCALES:
        return False
    override(chosen)
    after_this_request(lambda response: _remember(chosen, response))
    return True


def _remember(chosen: str, response: Response) -> Response:
    if session_key() is not None:
        _tell_account(chosen)
    response.set_cookie(COOKIE, chosen, max_age=31536000, samesite="Lax", httponly=True, secure=over_tls())
    return response


def _tell_account(chosen: str) -> None:
    """Mails to the account speak the language that its owner reads pages in."""
    user = signed_in_user()
    if user is not None:
        with db.transaction():
            users.change_locale(user.id, chosen)
