"""The second factor of staff: the page that turns it on and off, and the code that a sign-in asks for."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import db, qr_symbol
from app.core.errors import Conflict, Invalid, NotFound, TooMany
from app.shop import blueprint
from app.shop.account import PROOF, begin_session, to_next_page
from app.users import service as users
from app.users.service import ProofExpired, User
from app.web import links
from app.web.error_texts import ACCOUNT, sentence, wait
from app.web.security import safe_next
from app.web.sign_in import browser_keys, require_role, signed_in_user

_NO_STORE = {"Cache-Control": "no-store"}
require_staff = require_role(*users.STAFF_ROLES)


@blueprint.get("/account/sign-in/code")
def sign_in_code() -> ResponseReturnValue:
    """The page that asks for the code, after the password."""
    if PROOF not in session:
        return redirect(links.account("sign-in"), 303)
    return _code_page({})


@blueprint.post("/account/sign-in/code")
def do_sign_in_code() -> ResponseReturnValue:
    proof, code = session.get(PROOF, ""), request.form.get("code", "")
    try:
        user = begin_session(lambda: users.sign_in_by_code(proof, code, browser_keys()), has_code=True)
    except ProofExpired as error:
        session.pop(PROOF, None)
        return _sign_in_again(error)
    except Invalid as error:
        return _code_page({error.field: sentence(error)}, error.status)
    except TooMany as error:
        return _code_page({"code": wait(error)}, error.status, retry_after=error.retry_after)
    assert user is not None
    return to_next_page(user, request.form.get("next"))


def _code_page(errors: dict[str, str], status: int = 200, *, retry_after: int = 0) -> ResponseReturnValue:
    next_address = safe_next(request.values.get("next"), "")
    page = render_template("shop/page_sign_in_code.html", errors=errors, next=next_address)
    return page, status, _NO_STORE | ({"Retry-After": str(retry_after)} if retry_after else {})


def _sign_in_again(error: ProofExpired) -> ResponseReturnValue:
    page = render_template(
        "shop/page_sign_in.html",
        errors={"password": sentence(error)},
        typed={},
        next=safe_next(request.form.get("next"), ""),
    )
    return page, error.status, _NO_STORE


@blueprint.get("/account/second-factor")
@require_staff
def second_factor() -> ResponseReturnValue:
    """The state of the second factor, and what comes next: turning it on, confirming it, or turning it off."""
    return _page({})


@blueprint.post("/account/second-factor")
@require_staff
def begin_second_factor() -> ResponseReturnValue:
    """Make a key for the app."""
    try:
        with db.transaction():
            users.begin_second_factor(_staff().id, request.form.get("password", ""))
    except (Invalid, TooMany) as error:
        return _refused(error, "password")
    except Conflict:
        pass  # it was turned on in another tab: the page shows it
    return _to_page()


@blueprint.post("/account/second-factor/confirmation")
@require_staff
def confirm_second_factor() -> ResponseReturnValue:
    """Turn it on by the first code, and show the recovery codes."""
    try:
        with db.transaction():
            codes = users.confirm_second_factor(_staff().id, request.form.get("code", ""))
    except (Invalid, TooMany) as error:
        return _refused(error, "code")
    except (Conflict, NotFound):
        return _to_page()
    return _recovery_codes(codes)


@blueprint.post("/account/second-factor/recovery-codes")
@require_staff
def renew_recovery_codes() -> ResponseReturnValue:
    """Replace the recovery codes, and show the new ones."""
    try:
        with db.transaction():
            codes = users.renew_recovery_codes(_staff().id, request.form.get("code", ""))
    except (Invalid, TooMany) as error:
        return _refused(error, "code")
    except NotFound:
        return _to_page()
    return _recovery_codes(codes)


@blueprint.post("/account/second-factor/removal")
@require_staff
def remove_second_factor() -> ResponseReturnValue:
    """Turn it off by a code."""
    try:
        with db.transaction():
            users.remove_second_factor(_staff().id, request.form.get("code", ""))
    except (Invalid, TooMany) as error:
        return _refused(error, "code")
    except NotFound:
        return _to_page()
    flash(_("Signing in takes the password alone now."))
    return redirect(links.account(), 303)


def _refused(error: Invalid | TooMany, field: str) -> ResponseReturnValue:
    text = wait(error) if isinstance(error, TooMany) else sentence(error, ACCOUNT)
    return _page({field: text}, error.status)


def _page(errors: dict[str, str], status: int = 200) -> ResponseReturnValue:
    user = _staff()
    with db.reading():
        state = users.second_factor(user.id)
        key = users.app_key(user.id, user.email) if state is not None and state.since is None else None
    page = render_template(
        "shop/page_second_factor.html",
        user=user,
        state=state,
        key=key,
        symbol=qr_symbol.svg(key.address) if key is not None else "",
        errors=errors,
    )
    return page, status, _NO_STORE


def _recovery_codes(codes: list[str]) -> ResponseReturnValue:
    return render_template("shop/page_recovery_codes.html", codes=codes), 200, _NO_STORE


def _to_page() -> ResponseReturnValue:
    return redirect(links.account("second-factor"), 303)


def _staff() -> User:
    user = signed_in_user()
    assert user is not None
    return user
