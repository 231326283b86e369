"""The place at which a device scans: one screening or a whole site, and the name of the gate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, unquote

from flask import Request, Response

from app.core.codes import ALPHABET
from app.core.errors import Invalid, NotFound
from app.core.text_input import visible_line
from app.events import service as events
from app.events.service import Cinema, Screening
from app.tickets import service as tickets
from app.web.locale import gettext as _

MAX_GATE_LENGTH = tickets.MAX_GATE_LENGTH
# For this time after its start, a screening is still the one that most guests come for.
LATE_ARRIVAL = timedelta(minutes=30)
_CODE = re.compile(rf"[{ALPHABET}]{{{tickets.CODE_LENGTH}}}")
_PLACE, _GATE = "door_place", "door_gate"
_YEAR_SECONDS = 31536000


@dataclass(frozen=True, slots=True)
class Place:
    """Without a screening, all of the site; without a site (there is no programme), all screenings."""

    cinema: Cinema | None
    screening: Screening | None
    gate: str

    @property
    def value(self) -> str:
        """The place in forms and in the device's cookie: `screening-12`, `cinema-1`, or empty."""
        if self.screening is not None:
            return f"screening-{self.screening.id}"
        return f"cinema-{self.cinema.id}" if self.cinema is not None else ""

    @property
    def screening_id(self) -> int | None:
        return self.screening.id if self.screening is not None else None

    @property
    def cinema_id(self) -> int | None:
        return self.cinema.id if self.cinema is not None else None


def current_place(request: Request) -> Place:
    """The place in the form, else in the device's cookie, else the most likely one at this time.

    A screening that is over is replaced by the next one in its auditorium.
    """
    cookie_gate = unquote(request.cookies.get(_GATE, ""))
    gate = request.form.get("gate", cookie_gate)
    if contains_ticket_code(gate) or len(visible_line(gate)) > MAX_GATE_LENGTH:
        gate = cookie_gate
    value = request.form.get("place", request.cookies.get(_PLACE, ""))
    cinema, screening = parse_place(value) or _default_place()
    if screening is not None and not _is_current(screening):
        screening = next(
            (one for one in _current_screenings_of(screening.cinema) if _in_same_auditorium(one, screening)),
            None,
        )
    return Place(cinema, screening, visible_line(gate) or _("Gate 1"))


def submitted_place(request: Request) -> Place:
    """The place in a submitted form. Raises Invalid: `place.unknown`, `gate.too_long`, `gate.code`."""
    found = parse_place(request.form.get("place", ""))
    if found is None or (found[1] is not None and not _is_current(found[1])):
        raise Invalid("place.unknown", "place")
    gate = visible_line(request.form.get("gate", ""))
    if contains_ticket_code(gate):
        raise Invalid("gate.code", "gate")
    if len(gate) > MAX_GATE_LENGTH:
        raise Invalid("gate.too_long", "gate", most=MAX_GATE_LENGTH)
    return Place(*found, gate or _("Gate 1"))


def contains_ticket_code(gate: str) -> bool:
    """Whether the gate's name contains a ticket's code, which a scanner may have typed into the field."""
    return _CODE.search(gate) is not None


def remember(place: Place, response: Response, *, secure: bool) -> None:
    """Set the device's cookies: the place stays when another person signs in."""
    for name, value in ((_PLACE, place.value), (_GATE, quote(place.gate))):
        response.set_cookie(
            name, value, max_age=_YEAR_SECONDS, path="/staff", samesite="Lax", httponly=True, secure=secure
        )


def place_choices() -> list[tuple[Cinema, list[Screening]]]:
    """Every site with today's screenings that are not over, in the order of their start."""
    today = events.programme_today()
    return [(cinema, _current_screenings(today.get(cinema.slug, []))) for cinema in events.cinemas()]


def admitting_screenings(place: Place) -> list[int]:
    """The ids of the screenings that this place admits to now."""
    if place.screening is not None:
        return [place.screening.id]
    now = events.now()
    sites = [place.cinema] if place.cinema is not None else []
    return [
        one.id
        for site in sites
        for one in _current_screenings_of(site)
        if tickets.opens_at(one.starts_at) <= now
    ]


def _current_screenings_of(cinema: Cinema) -> list[Screening]:
    return _current_screenings(events.programme_today().get(cinema.slug, []))


def _current_screenings(screenings: list[Screening]) -> list[Screening]:
    """The screenings that are not over, in the order of their start."""
    return sorted((one for one in screenings if _is_current(one)), key=lambda one: (one.starts_at, one.id))


def _is_current(screening: Screening) -> bool:
    return screening.status == "scheduled" and screening.ends_at > events.now()


def _in_same_auditorium(one: Screening, other: Screening) -> bool:
    return one.auditorium_id == other.auditorium_id


def parse_place(value: str) -> tuple[Cinema, Screening | None] | None:
    kind, _, number = value.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    if kind == "cinema":
        return next(((site, None) for site in events.cinemas() if site.id == int(number)), None)
    try:
        screening = events.screening(int(number)) if kind == "screening" else None
    except NotFound:
        return None
    return (screening.cinema, screening) if screening is not None else None


def _default_place() -> tuple[Cinema | None, Screening | None]:
    """The screening that guests come for now or next; after the last start, the last one; else the first site."""
    current = [one for _, screenings in place_choices() for one in screenings]
    coming = [one for one in current if one.starts_at + LATE_ARRIVAL > events.now()]
    screening = min(coming or current, key=lambda one: one.starts_at, default=None)
    if screening is not None:
        return screening.cinema, screening
    return next(iter(events.cinemas()), None), None
