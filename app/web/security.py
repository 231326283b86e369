"""Security of requests: headers, cookies, CSRF tokens and visitor ids. No inline scripts or styles are allowed."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, render_template, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core import config
from app.core.config import Settings
from app.core.throttle import keyed_hash
from app.web.requests import host_of
from app.web.session_cookie import SessionCookie

csrf = CSRFProtect()

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The order's address contains its token: it must not reach other sites as Referer.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_LOWER_NAMES = [(name, name.lower(), value) for name, value in HEADERS.items()]
BODY_LIMIT = 256 * 1024


def init_app(app: Flask, settings: Settings) -> None:
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if settings.web.behind_tls else "session",
        SESSION_COOKIE_SECURE=settings.web.behind_tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=60 * 60 * 24 * 30,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=20_000,
    )
    _use_keys(app, settings)
    config.when_changed(lambda changed: _use_keys(app, changed))
    if settings.web.trusted_proxies:
        hops = settings.web.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.session_interface = SessionCookie()
    csrf.init_app(app)
    app.after_request(_headers)
    app.register_error_handler(CSRFError, _csrf_failed)
    app.extensions["behind_tls"] = settings.web.behind_tls


def _use_keys(app: Flask, settings: Settings) -> None:
    """Sign sessions and CSRF tokens with the secret key, and read those of the previous one too."""
    keys = settings.web.accepted_keys
    app.config.update(
        SECRET_KEY=settings.web.secret_key, SECRET_KEY_FALLBACKS=keys[:-1], WTF_CSRF_SECRET_KEY=keys
    )


def _headers(response: Response) -> Response:
    headers = response.headers
    there = {name.lower() for name, _ in headers}  # one search for all: `setdefault` compares each name again
    for name, lower, value in _LOWER_NAMES:
        if lower not in there:
            headers.add(name, value)
    if over_tls():
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "static" and "cache-control" not in there:
        headers.add("Cache-Control", "private, no-cache")
    return response


def over_tls() -> bool:
    """Whether the visitor uses https, by the request or because the settings say it of the whole site."""
    return request.is_secure or bool(current_app.extensions["behind_tls"])


def from_our_own_page() -> bool:
    """Whether the browser says that one of our pages sent the request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin") or request.referrer
    return origin is not None and host_of(origin) == request.host


def redirect_foreign_post(page: Callable[..., str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a view for forms whose address other sites, such as banks, also use to return customers by POST.

    A POST of another site changes nothing: it is redirected to `page` (a path, made of the view's arguments). For such
    a POST browsers do not send our Lax cookie, so neither the visitor nor the CSRF token is known.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @csrf.exempt
        @wraps(view)
        def guarded(**arguments: Any) -> Any:
            try:
                csrf.protect()
            except CSRFError:
                if from_our_own_page():
                    raise
                return redirect(page(**arguments), 303)
            return view(**arguments)

        return guarded

    return decorate


_SENT_AGAIN = "sent_again"
_NEVER_SENT_BACK = frozenset({"password", "old", "new", "csrf_token", _SENT_AGAIN})


def _csrf_failed(_: CSRFError) -> tuple[str, int, dict[str, str]]:
    """Answer a failed CSRF check: our form is shown again with its values and a new token; others are refused.

    The values include a CPF in a hidden field, because a customer would not notice that it is missing. The page is not
    stored. A second request without our cookie comes from a browser that refuses cookies, and the page says so.
    """
    fields: list[tuple[str, str]] = []
    if from_our_own_page():
        fields = [
            (name, value) for name, value in request.form.items(multi=True) if name not in _NEVER_SENT_BACK
        ]
    cookie = "sent" if current_app.config["SESSION_COOKIE_NAME"] in request.cookies else "missing"
    if cookie == "missing" and _SENT_AGAIN in request.form:
        cookie = "refused"
    return (
        render_template(
            "errors/page_send_again.html",
            fields=fields,
            address=request.full_path.rstrip("?"),
            cookie=cookie,
            once_more=_SENT_AGAIN,
        ),
        400,
        {"Cache-Control": "no-store"},
    )


def visitor() -> str:
    """The random id of this browser in the signed session; made on first use.

    It is derived from the session's CSRF secret if there is one. So a first form that a new visitor sends twice, by two
    clicks or after a lost answer, comes from one visitor and creates one order.
    """
    if "visitor" not in session:
        secret = session.get("csrf_token") or secrets.token_urlsafe(32)
        session["visitor"] = hashlib.sha256(f"visitor {secret}".encode()).hexdigest()[:16]
        session.permanent = True
    return str(session["visitor"])


def new_visitor() -> str:
    """A new random visitor id."""
    return secrets.token_hex(8)


def current_visitor() -> str | None:
    """The visitor id of this browser, if it has one; unlike `visitor` it sets no cookie."""
    return session.get("visitor")


def address_key() -> str:
    """The keyed hash of the caller's network address."""
    if "address_key" not in g:
        g.address_key = keyed_hash(network_of(request.remote_addr or "unknown"))
    return str(g.address_key)


def network_of(address: str) -> str:
    """The network of one household: an IPv4 address, or the /64 network in which IPv6 devices choose addresses."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # a Unix socket has no IP address
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip.packed, 64), strict=False))


def safe_next(address: str | None, otherwise: str = "/") -> str:
    """`address` if it is a path of this site, or else `otherwise`. It prevents open redirects."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return otherwise
    if any(ord(ch) < 32 or ch == "\\" for ch in address):
        return otherwise
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else otherwise
