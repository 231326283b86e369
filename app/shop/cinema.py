"""The cinema that a visitor chose, remembered in a cookie, and the way to a cinema."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, make_response, redirect, request

from app.events import service as events
from app.events.service import Cinema
from app.shop import blueprint
from app.web.security import csrf, from_our_own_page, over_tls, safe_next

COOKIE = "cinema"
A_YEAR = 31_536_000
MAP = "https://www.google.com/maps/dir/"  # A phone opens it in its own map app.


def remembered() -> str | None:
    """The slug in this device's cookie, or None. It may name no cinema: the visitor can edit it."""
    return request.cookies.get(COOKIE)


@blueprint.post("/cinema")
@csrf.exempt
def choose_cinema() -> Response:
    """Remember a cinema (`cinema`), or all of them (empty), and go back to the page that asked (`next`).

    Like the language's, its form has no CSRF token: its pages are cached for all visitors.
    """
    chosen = request.form.get("cinema", "")
    page = safe_next(request.form.get("next"))
    known = chosen in {site.slug for site in events.cinemas()}
    if not from_our_own_page() or (chosen and not known):
        return make_response(redirect(page, 303))
    response = make_response(redirect(_with_cinema(page, chosen), 303))
    if known:
        response.set_cookie(COOKIE, chosen, max_age=A_YEAR, samesite="Lax", httponly=True, secure=over_tls())
    else:
        response.delete_cookie(COOKIE)
    return response


def _with_cinema(page: str, slug: str) -> str:
    """The page with this cinema in its address, for browsers that refuse cookies."""
    parts = urlsplit(page)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != COOKIE]
    return parts._replace(query=urlencode([*query, (COOKIE, slug)] if slug else query)).geturl()


def directions(cinema: Cinema) -> str:
    """The address of a map with directions to the cinema from the current position."""
    return f"{MAP}?{urlencode({'api': 1, 'destination': f'{cinema.address}, {cinema.city}'})}"
