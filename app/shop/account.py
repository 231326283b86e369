"""The pages by which people reach their account: sign up, sign in and out, links in mails, a new password."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import db, throttle
from app.core.config import settings
from app.core.contact import LONGEST_EMAIL, checked_email
from app.core.errors import Invalid, TooMany
from app.orders import service as orders
from app.shop import blueprint
from app.users import service as users
from app.users.service import InvalidEmailToken, ProviderSession, User, WrongPassword
from app.web import identity_provider, links
from app.web.actor import current_actor
from app.web.devices import cookie_name
from app.web.error_texts import ACCOUNT, sentence, wait
from app.web.locale import COOKIE
from app.web.security import address_key, current_visitor, new_visitor, over_tls, safe_next
from app.web.sign_in import (
    browser_keys,
    end_session,
    session_key,
    signed_in_user,
    start_session,
)

# In the session: proves that this browser made the account that a mail's link confirms.
SIGNED_UP = "signed_up"
PROOF = "password_proof"  # in the session: proves that the password was right, until the code is typed
TYPED_EMAIL = "typed_email"  # in the session, until the next form of an account shows it
MAILS_AN_HOUR = 300  # from one address: a whole foyer may share it; each mailbox has a lower limit


def begin_session(
    authenticate: Callable[[], User], *, has_code: bool = False, provider: ProviderSession | None = None
) -> User | None:
    """Begin a session of the user that `authenticate` returns, and move this browser's open orders to it.

    The session gets a new key and a new visitor: a copy of the old cookie is worth nothing afterwards. None for an
    account with a second factor: then the page `account/sign-in/code` asks for the code. `has_code`: it has been asked
    for, here or by the identity provider, which gave `provider`.
    """
    visitor, before = new_visitor(), signed_in_user()
    with db.transaction():
        user = authenticate()
        is_known = has_code or (before is not None and before.id == user.id)
        proof = None if is_known else users.password_proof(user.id)
        if proof is None:
            key = users.begin_session(user.id, instead_of=session_key())
            if provider is not None:
                users.keep_provider_session(key, user.id, provider)
            orders.hand_over(current_visitor(), visitor)
    if proof is not None:
        session[PROOF] = proof
        return None
    start_session(user, key, visitor)
    return user


def to_code_page(next_address: str | None) -> ResponseReturnValue:
    """Lead to the page that asks for the code of the second factor, and then to `next_address`."""
    next_address = safe_next(next_address, "")
    argument = f"?{urlencode({'next': next_address})}" if next_address else ""
    return redirect(links.account("sign-in/code") + argument, 303)


def _next_address(user: User, next_address: str | None) -> str:
    """The address after signing in: `next_address`, else the first page of the user's role."""
    home = links.staff("scan") if user.role in ("door", "supervisor") else links.account("orders")
    return safe_next(next_address, home)


def _page(page: str, errors: dict[str, str]) -> str:
    typed = {name: request.form.get(name, "") for name in ("name", "email")}
    typed["email"] = typed["email"] or session.pop(TYPED_EMAIL, "")
    next_address = safe_next(request.values.get("next"), "")
    return render_template(f"shop/{page}.html", errors=errors, typed=typed, next=next_address)


def _form(page: str, errors: dict[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    return _page(page, errors or {}), status, {"Cache-Control": "no-store"}


def _invalid_form(page: str, error: Invalid) -> ResponseReturnValue:
    return _form(page, {error.field: sentence(error, ACCOUNT)}, error.status)


def _throttled_form(page: str, error: TooMany) -> ResponseReturnValue:
    headers = {"Retry-After": str(error.retry_after), "Cache-Control": "no-store"}
    return _page(page, {"email": wait(error)}), error.status, headers


@blueprint.post("/account/other-form")
def other_form() -> ResponseReturnValue:
    """Lead from one account form to another (`to`) and keep the typed e-mail; nothing else of the form is read."""
    to = request.form.get("to", "")
    address = to if to in ("sign-in", "sign-up", "reset") else "sign-in"
    session[TYPED_EMAIL] = request.form.get("email", "")[:LONGEST_EMAIL]
    next_address = safe_next(request.form.get("next"), "")
    return redirect(
        links.account(address) + (f"?{urlencode({'next': next_address})}" if next_address else ""), 303
    )


@blueprint.get("/account/sign-in")
def sign_in() -> ResponseReturnValue:
    user = signed_in_user()
    if user is not None:
        return redirect(_next_address(user, request.values.get("next")), 303)
    return _form("page_sign_in_hosted" if settings().identity.signs_in else "page_sign_in")


@blueprint.post("/account/sign-in")
def do_sign_in() -> ResponseReturnValue:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    actor = current_actor()
    try:
        user = begin_session(lambda: users.sign_in(email, password, actor, browser_keys()))
    except WrongPassword as error:
        return _invalid_form("page_sign_in", error)
    except TooMany as error:
        return _throttled_form("page_sign_in", error)
    next_address = request.values.get("next")
    return to_next_page(user, next_address) if user is not None else to_code_page(next_address)


def to_next_page(user: User, next_address: str | None) -> ResponseReturnValue:
    """Lead a person who has signed in to `next_address`, or to the first page of their role, in their language."""
    response = redirect(_next_address(user, next_address), 303)
    if COOKIE not in request.cookies:
        response.set_cookie(
            COOKIE, user.locale, max_age=31536000, samesite="Lax", httponly=True, secure=over_tls()
        )
    return response


@blueprint.post("/account/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session, also for copies of its cookie; its open orders stay with the account."""
    with db.transaction():
        users.end_session(session_key() or "")
        orders.hand_over(current_visitor(), new_visitor())
    return leave()


def leave() -> ResponseReturnValue:
    """Clear the cookie of a session that has ended, and end the identity provider's session in this browser."""
    end_session()
    away = identity_provider.sign_out_address(links.absolute(links.account("signed-out")))
    if away is None:
        return signed_out()
    # A redirect would be part of the form's request, which the policy `form-action 'self'` keeps on this site.
    page = render_template("shop/page_signing_out.html", address=away)
    return page, 200, {"Refresh": f"0; url={away}", "Cache-Control": "no-store"}


@blueprint.get("/account/signed-out")
def signed_out() -> ResponseReturnValue:
    """Where a sign-out ends. A device that works without network first sends its scans and deletes its data."""
    keeps_data = cookie_name("door") in request.cookies
    return redirect(links.staff("offline/left") if keeps_data else links.HOME, 303)


@blueprint.get("/account/sign-up")
def sign_up() -> ResponseReturnValue:
    return _form("page_sign_up")


@blueprint.post("/account/sign-up")
def do_sign_up() -> ResponseReturnValue:
    name, email, password = (request.form.get(field, "") for field in ("name", "email", "password"))
    wrong = users.sign_up_problems(name, email, password)
    if wrong:
        return _form(
            "page_sign_up", {error.field: sentence(error, ACCOUNT) for error in wrong}, Invalid.status
        )
    actor = current_actor()
    try:
        throttle.hit("mails", actor.address_key, limit=MAILS_AN_HOUR, seconds=3600)
        with db.transaction():
            session[SIGNED_UP] = users.sign_up(name, email, password, actor)
            session.permanent = True
    except TooMany as error:
        return _throttled_form("page_sign_up", error)
    return render_template("shop/page_look_in_mail.html", email=checked_email(email), why="verify")


@blueprint.get("/account/verify/<token>")
def verify(token: str) -> ResponseReturnValue:
    """The form to which the mail's link leads. A GET confirms nothing: mail scanners open every link."""
    return _verify_page(token, {})


@blueprint.post("/account/verify/<token>")
def do_verify(token: str) -> ResponseReturnValue:
    actor = current_actor()
    password, proof = request.form.get("password", ""), session.get(SIGNED_UP, "")
    try:
        user = begin_session(lambda: users.verify_email(token, password, actor, browser_proof=proof))
    except InvalidEmailToken as error:
        return _link_over(error)
    except WrongPassword as error:
        return _verify_page(token, {"password": _("That is not this account's password.")}, error.status)
    except TooMany as error:
        return _verify_page(token, {"password": wait(error)}, error.status)
    flash(_("Your e-mail is confirmed."))
    return redirect(links.account("orders"), 303) if user is not None else to_code_page(None)


def _verify_page(token: str, errors: dict[str, str], status: int = 200) -> ResponseReturnValue:
    try:
        owner = users.email_token_owner(token, "verify")
    except InvalidEmailToken as error:
        return _link_over(error)
    signed_in = signed_in_user()
    mine = signed_in is not None and signed_in.id == owner.id
    mine = mine or users.is_requesting_browser(token, session.get(SIGNED_UP, ""))
    page = render_template("shop/page_verify.html", token=token, owner=owner, mine=mine, errors=errors)
    return page, status, {"Cache-Control": "no-store"}


def _link_over(error: InvalidEmailToken) -> ResponseReturnValue:
    return render_template("shop/page_link_over.html"), error.status, {"Cache-Control": "no-store"}


@blueprint.get("/account/reset")
def reset() -> ResponseReturnValue:
    return _form("page_reset")


@blueprint.post("/account/reset")
def do_reset() -> ResponseReturnValue:
    try:
        throttle.hit("mails", address_key(), limit=MAILS_AN_HOUR, seconds=3600)
        with db.transaction():
            users.request_reset(request.form.get("email", ""))
    except Invalid as error:
        return _invalid_form("page_reset", error)
    except TooMany as error:
        return _throttled_form("page_reset", error)
    email = checked_email(request.form.get("email", ""))
    return render_template("shop/page_look_in_mail.html", email=email, why="reset")


@blueprint.get("/account/reset/<token>")
def new_password(token: str) -> ResponseReturnValue:
    return _new_password_page(token, {})


@blueprint.post("/account/reset/<token>")
def do_new_password(token: str) -> ResponseReturnValue:
    try:
        user = begin_session(lambda: users.reset_password(token, request.form.get("password", "")))
    except Invalid as error:
        return _new_password_page(token, {error.field: sentence(error, ACCOUNT)}, error.status)
    except InvalidEmailToken as error:
        return _link_over(error)
    if user is None:
        flash(_("Your new password is saved. All devices are signed out."))
        return to_code_page(None)
    flash(_("Your new password is saved, and you are signed in. Other devices are signed out."))
    return redirect(links.account(), 303)


def _new_password_page(token: str, errors: dict[str, str], status: int = 200) -> ResponseReturnValue:
    try:
        owner = users.email_token_owner(token, "reset")
    except InvalidEmailToken as error:
        return _link_over(error)
    page = render_template("shop/page_new_password.html", token=token, owner=owner, errors=errors)
    return page, status, {"Cache-Control": "no-store"}
