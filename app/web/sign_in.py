"""Sign-in for all faces: the session knows an account by its id and its session key."""

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

login_manager = LoginManager()
_KEPT = ("visitor",)


class SignedIn(UserMixin):
    """The account behind a request, as flask-login wants it."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        return f"{self.user.id}:{self.user.session_key}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.user, name)


def init_app(app: Flask) -> None:
    login_manager.init_app(app)
    login_manager.session_protection = (
        None  # phones change their address; the session key is what ends sessions
    )
    login_manager.user_loader(_load)
    login_manager.unauthorized_handler(_to_sign_in)


def _load(stored: str) -> SignedIn | None:
    user_id, _, key = stored.partition(":")
    try:
        with db.reading():
            user = users.user(int(user_id))
    except (NotFound, ValueError):
        return None
    return SignedIn(user) if user.session_key == key else None


def _to_sign_in() -> ResponseReturnValue:
    return redirect(url_for("shop.sign_in", next=request.full_path.rstrip("?")), 303)


def start_session(user: User) -> None:
    """Sign in with a fresh session: nothing of the old one stays but the visitor, who may be buying."""
    kept = {name: session[name] for name in _KEPT if name in session}
    session.clear()
    session.update(kept)
    session.permanent = True
    login_user(SignedIn(user))


def end_session() -> None:
    logout_user()
    session.clear()


def signed_in_user() -> User | None:
    """The account of this request, or None."""
    return current_user.user if current_user.is_authenticated else None


def as_nobody() -> None:
    """The rest of this request is a stranger's: nobody is looked up any more."""
    g._login_user = login_manager.anonymous_user()  # where flask-login keeps whom it has found


def require_role(*roles: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Only for accounts with one of `roles`; others are asked to sign in, or refused (403)."""

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


require_account = require_role(*("customer", "door", "manager"))
