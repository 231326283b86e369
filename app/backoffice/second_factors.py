"""The page of the second factors of staff: a manager turns one off for a colleague who has lost the phone."""

from __future__ import annotations

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.backoffice import blueprint
from app.backoffice.devices import require_manager
from app.backoffice.moments import moment_text
from app.core import db
from app.core.config import settings
from app.core.errors import NotFound
from app.users import service as users
from app.web.sign_in import signed_in_user


@blueprint.get("/staff/second-factors")
@require_manager
def second_factors() -> Response:
    """List the accounts of staff with the state of their second factor."""
    return _page()


@blueprint.post("/staff/second-factors/<int:user_id>/reset")
@require_manager
def reset_second_factor(user_id: int) -> Response:
    """Turn the second factor of another account off and sign it out; who did it is recorded."""
    manager = signed_in_user()
    assert manager is not None
    if user_id == manager.id:
        abort(403)  # one's own is turned off by a code
    if all(one.user.id != user_id for one in users.staff_second_factors()):
        abort(404)
    if request.form.get("sure") != "yes":
        return _page(unsure=user_id, status=422)
    try:
        with db.transaction():
            users.reset_second_factor(user_id, by=manager.id)
    except NotFound:
        flash(_("This second factor was off already."))
    else:
        flash(_("Done. This person signs in with the password alone now."))
    return make_response(redirect(url_for("backoffice.second_factors"), 303))


def _page(*, unsure: int = 0, status: int = 200) -> Response:
    if settings().identity.signs_in:
        abort(404)  # second factors are the identity provider's
    body = render_template(
        "backoffice/page_second_factors.html",
        accounts=users.staff_second_factors(),
        manager=signed_in_user(),
        moment=moment_text,
        unsure=unsure,
    )
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    return response
