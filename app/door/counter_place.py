"""The counter at which a device hands snacks out: its site, and its name."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from flask import Request, Response
from flask_babel import gettext as _

from app.core.errors import Invalid
from app.core.text_input import visible_line
from app.door.place import contains_ticket_code, current_place
from app.events import service as events
from app.events.service import Cinema
from app.products import service as products

_SITE, _NAME = "counter_site", "counter_name"
_YEAR_SECONDS = 31536000


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter of a site; `cinema` is None while there is no programme."""

    cinema: Cinema | None
    name: str

    @property
    def cinema_id(self) -> int:
        return self.cinema.id if self.cinema is not None else 0


def current_counter(request: Request) -> Counter:
    """The counter in the device's cookies; without them, a counter of the site at which the device scans tickets."""
    site = request.cookies.get(_SITE, "")
    cinema = _cinema(site) or current_place(request).cinema
    return Counter(cinema, visible_line(unquote(request.cookies.get(_NAME, ""))) or _("Counter 1"))


def submitted_counter(request: Request) -> Counter:
    """The counter in a submitted form. Raises Invalid: `counter.site`, `counter.too_long`, `gate.code`."""
    cinema = _cinema(request.form.get("site", ""))
    name = visible_line(request.form.get("name", ""))
    if cinema is None:
        raise Invalid("counter.site", "site")
    if contains_ticket_code(name):
        raise Invalid("gate.code", "name")
    if len(name) > products.MAX_COUNTER_LENGTH:
        raise Invalid("gate.too_long", "name", most=products.MAX_COUNTER_LENGTH)
    return Counter(cinema, name or _("Counter 1"))


def remember_counter(counter: Counter, response: Response, *, secure: bool) -> Response:
    """Set the device's cookies: the counter stays when another person signs in."""
    for name, value in ((_SITE, str(counter.cinema_id)), (_NAME, quote(counter.name))):
        response.set_cookie(
            name, value, max_age=_YEAR_SECONDS, path="/staff", samesite="Lax", httponly=True, secure=secure
        )
    return response


def _cinema(site: str) -> Cinema | None:
    return next((one for one in events.cinemas() if str(one.id) == site), None)
