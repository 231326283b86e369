"""The page of the signed-in account: its name, its password, and one more mail to verify its e-mail."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import db, throttle
from app.core.config import settings
from app.core.errors import Invalid, TooMany
from app.orders import service as orders
from app.shop import blueprint
from app.shop.account import MAILS_AN_HOUR, begin_session, leave
from app.users import service as users
from app.users.service import User
from app.web import links
from app.web.error_texts import ACCOUNT, sentence, wait
from app.web.security import address_key, current_visitor, new_visitor
from app.web.sign_in import require_account, signed_in_user


def _account_user() -> User:
    """The signed-in user of a request to a page that requires an account."""
    user = signed_in_user()
    assert user is not None
    return user


@blueprint.post("/account/verification")
@require_account
def send_verification() -> ResponseReturnValue:
    user = _account_user()
    throttle.hit("mails", address_key(), limit=MAILS_AN_HOUR, seconds=3600)
    with db.transaction():
        users.send_verification(user.id)
    return render_template("shop/page_look_in_mail.html", email=user.email, why="verify")


@blueprint.get("/account")
@require_account
def account() -> ResponseReturnValue:
    return _account({})


def _account(errors: dict[str, str], status: int = 200) -> ResponseReturnValue:
    user, hosted = _account_user(), settings().identity.signs_in
    is_staff = user.role in users.STAFF_ROLES and not hosted
    state = users.second_factor(user.id) if is_staff else None
    page = render_template(
        "shop/page_account.html",
        user=user,
        returned=users.address_state(user.email).returned,
        second_factor=bool(state and state.since) if is_staff else None,
        errors=errors,
        form=request.form,
        hosted=hosted,
    )
    return page, status, {"Cache-Control": "no-store"}


@blueprint.post("/account/name")
@require_account
def change_name() -> ResponseReturnValue:
    user = _account_user()
    try:
        with db.transaction():
            users.change_name(user.id, request.form.get("name", ""))
    except Invalid as error:
        return _account({error.field: sentence(error, ACCOUNT)}, error.status)
    flash(_("Saved."))
    return redirect(links.account(), 303)


@blueprint.post("/account/sign-out-everywhere")
@require_account
def sign_out_everywhere() -> ResponseReturnValue:
    """End all sessions of the account; its open orders stay with it."""
    with db.transaction():
        users.sign_out_everywhere(_account_user().id)
        orders.hand_over(current_visitor(), new_visitor())
    return leave()


@blueprint.post("/account/password")
@require_account
def change_password() -> ResponseReturnValue:
    user = _account_user()
    try:
        begin_session(
            lambda: users.change_password(user.id, request.form.get("old", ""), request.form.get("new", ""))
        )
    except Invalid as error:
        missing = {} if request.form.get("old") else {"old": _("Type your current password too.")}
        wrong = {error.field: sentence(error, ACCOUNT)}
        return _account(missing | wrong | missing, error.status)
    except TooMany as error:
        return _account({"old": wait(error)}, error.status)
    flash(_("Saved. Other devices are signed out."))
    return redirect(links.account(), 303)
