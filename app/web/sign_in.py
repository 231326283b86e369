"""Sign-in of all front ends: the cookie holds the key of a session, which user-service stores until it ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from app.core import db
from app.core.errors import NotFound
from app.users import service as users
from app.users.service import User
from app.web.lookups import recent_is_enough

login_manager = LoginManager()
# Flask-Login keeps the id of the signed-in account there and gives no other way to read it.
_FLASK_LOGIN_KEY = "_user_id"
_KEYS = "known"  # the keys of sessions that began in this browser; keys of ended sessions stay
_MOST_KEYS = 8


class SignedIn(UserMixin):
    """The account of a request, in the form that Flask-Login requires."""

    def __init__(self, user: User, key: str) -> None:
        self.user = user
        self.key = key

    def get_id(self) -> str:
        return self.key

    def __getattr__(self, name: str) -> Any:
        return getattr(self.user, name)


def init_app(app: Flask) -> None:
    login_manager.init_app(app)
    login_manager.session_protection = None  # phones change their address; sessions end in the database
    login_manager.user_loader(_load)
    login_manager.unauthorized_handler(_to_sign_in)


def _load(key: str) -> SignedIn | None:
    if g.get("is_anonymous"):
        return None
    try:
        with db.reading():
            find = users.recent_session_owner if recent_is_enough() else users.session_owner
            return SignedIn(find(key), key)
    except (NotFound, ValueError):
        return None


def _to_sign_in() -> ResponseReturnValue:
    return redirect(url_for("shop.sign_in", next=request.full_path.rstrip("?")), 303)


def session_key() -> str | None:
    """The session key in this browser's cookie; the session may have ended."""
    return session.get(_FLASK_LOGIN_KEY)


def browser_keys() -> list[str]:
    """The keys of the sessions that began in this browser."""
    return list(session.get(_KEYS, ()))


def start_session(user: User, key: str, visitor: str) -> None:
    """Sign in with a new cookie that keeps nothing of the old one, not even the visitor id.

    An attacker may have set or copied the old cookie. The caller hands its orders over to the new `visitor`.
    """
    keys = [key, *browser_keys()][:_MOST_KEYS]
    session.clear()
    session.update({"visitor": visitor, _KEYS: keys})
    session.permanent = True
    login_user(SignedIn(user, key))


def end_session() -> None:
    """Sign out and clear the session, except for the keys of former sessions."""
    keys = browser_keys()
    logout_user()
    session.clear()
    if keys:
        session[_KEYS] = keys
        session.permanent = True


def signed_in_user() -> User | None:
    """The account of this request, or None."""
    found: Any = current_user._get_current_object()  # noqa: SLF001 (each access by the proxy looks it up again)
    return found.user if isinstance(found, SignedIn) else None


def skip_account_lookup() -> None:
    """Read no account from the database in the rest of this request: a visitor not yet identified is anonymous."""
    g.is_anonymous = True


def require_role(*roles: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a view for accounts with one of `roles`; other visitors must sign in or are refused (403)."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            user = signed_in_user()
            if user is None:
                return _to_sign_in()
            if user.role not in roles:
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return decorate


require_account = require_role(*("customer", "door", "supervisor", "manager"))
