"""Sign-in by the pages of an identity provider (OpenID Connect, code flow with PKCE); see decision 46.

What must come back with the person is in the signed session of their browser: an answer of the provider that another
browser asked for is refused. Where the provider signs people in, all forms that take a password here are closed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flask import abort, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from app.core import db, throttle
from app.core.config import settings
from app.core.errors import Invalid, NotFound
from app.events import service as events
from app.shop import blueprint
from app.shop.account import begin_session, to_next_page
from app.users import service as users
from app.users.service import ProviderSession, User
from app.web import links
from app.web.locale import locale
from app.web.security import address_key, safe_next
from app.web.sign_in import signed_in_user

if TYPE_CHECKING:
    from app.adapters.identity.hosted import HostedSignIn, ProviderUnavailable
    from app.adapters.identity.id_tokens import Person

log = logging.getLogger("bilheteria.shop")

_ATTEMPTS = "hosted_sign_ins"  # in the session: state → nonce, verifier, and the page to go to
_MOST_ATTEMPTS = 3  # sign-ins that one browser may have begun, in several tabs
_LONGEST_NEXT = 400
_STATUS = {"email": 403, "away": 503}
ANSWERS, SECONDS = 300, 600  # of the provider, from one network address: a whole foyer may share it
_WITH_PASSWORDS = frozenset(
    f"shop.{view}"
    for view in (
        "do_sign_in", "sign_up", "do_sign_up", "verify", "do_verify", "reset", "do_reset", "new_password",
        "do_new_password", "change_password", "send_verification", "other_form", "sign_in_code", "do_sign_in_code",
        "second_factor", "begin_second_factor", "confirm_second_factor", "renew_recovery_codes",
        "remove_second_factor",
    )
)  # fmt: skip


@blueprint.before_request
def close_password_forms() -> ResponseReturnValue | None:
    """Lead from the forms of passwords to the sign-in, where an identity provider signs people in."""
    if request.endpoint in _WITH_PASSWORDS and settings().identity.signs_in:
        return redirect(links.account("sign-in"), 303)
    return None


@blueprint.get("/account/sign-in/provider")
def go_to_provider() -> ResponseReturnValue:
    """Lead to the provider's page."""
    from app.adapters.identity.hosted import ProviderUnavailable

    provider, next_address = users.hosted_provider(), safe_next(request.args.get("next"), "")
    if provider is None:
        abort(404)
    try:
        attempt = provider.begin(_callback_address())
    except ProviderUnavailable as error:
        return _unavailable(error, next_address)
    kept = [attempt.nonce, attempt.verifier, next_address if len(next_address) <= _LONGEST_NEXT else ""]
    begun = [*session.get(_ATTEMPTS, {}).items(), (attempt.state, kept)]
    session[_ATTEMPTS] = dict(begun[-_MOST_ATTEMPTS:])
    answer = redirect(attempt.address, 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/account/sign-in/callback")
def provider_callback() -> ResponseReturnValue:
    """The provider's answer, which the person's browser brings: it signs them in."""
    provider = users.hosted_provider()
    if provider is None:
        abort(404)
    begun = dict(session.get(_ATTEMPTS, {}))
    kept = begun.pop(request.args.get("state", ""), None)
    if kept is None:
        user = signed_in_user()  # the page was loaded again
        return to_next_page(user, None) if user is not None else _failed("foreign")
    session[_ATTEMPTS] = begun
    nonce, verifier, next_address = kept
    code = request.args.get("code", "")
    if not code:
        log.info("sign-in refused", extra={"reason": request.args.get("error", "no code")[:40]})
        return _failed("refused", next_address)
    return _finish(provider, code, nonce, verifier, next_address)


def _finish(
    provider: HostedSignIn, code: str, nonce: str, verifier: str, next_address: str
) -> ResponseReturnValue:
    """Get the person for the code, over the network, and begin their session."""
    from app.adapters.identity.hosted import ProviderUnavailable, SignInRefused

    throttle.hit("hosted-sign-in", address_key(), limit=ANSWERS, seconds=SECONDS)
    now = events.now()  # the database's time: this machine's clock may be wrong
    db.release_connection()
    try:
        done = provider.finish(code, _callback_address(), nonce, verifier, now)
        given = ProviderSession(done.person.issuer, done.person.subject, done.refresh_token)
        user = begin_session(lambda: _account(done.person), has_code=True, provider=given)
        assert user is not None
    except SignInRefused as error:
        log.warning("sign-in refused", extra={"reason": str(error)})
        return _failed("refused", next_address)
    except ProviderUnavailable as error:
        return _unavailable(error, next_address)
    except (NotFound, Invalid):
        return _failed("email", next_address)
    return to_next_page(user, next_address)


def _account(person: Person) -> User:
    return users.sign_in_subject(
        person.issuer, person.subject, person.groups, email=person.email, name=person.name, locale=locale()
    )


def _callback_address() -> str:
    return links.absolute(links.account("sign-in/callback"))


def _failed(why: str, next_address: str = "") -> ResponseReturnValue:
    """The page that says why the sign-in did not work (`foreign`, `refused`, `email`, `away`), with a way on."""
    page = render_template("shop/page_sign_in_failed.html", why=why, next=safe_next(next_address, ""))
    return page, _STATUS.get(why, 400), {"Cache-Control": "no-store"}


def _unavailable(error: ProviderUnavailable, next_address: str) -> ResponseReturnValue:
    answer = make_response(_failed("away", next_address))
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer
