"""Where staff stand: at one screening's door, or at a site's for all its rooms; and what their gate is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, unquote

from flask import Request, Response
from flask_babel import gettext as _

from app.core.codes import ALPHABET
from app.core.errors import Invalid, NotFound
from app.core.text_input import visible_line
from app.events import service as events
from app.events.service import Cinema, Screening
from app.tickets import service as tickets

LONGEST_GATE = 40
LATE = timedelta(minutes=30)  # so long after its start a screening is still the one that people come for
_CODE = re.compile(rf"[{ALPHABET}]{{{tickets.CODE_LENGTH}}}")
_PLACE, _GATE = "door_place", "door_gate"
_YEAR = 31536000


@dataclass(frozen=True, slots=True)
class Place:
    """Without a screening all of the site's; without a site (no programme at all) any."""

    cinema: Cinema | None
    screening: Screening | None
    gate: str

    @property
    def value(self) -> str:
        """As forms and the device's cookie say it."""
        if self.screening is not None:
            return f"screening-{self.screening.id}"
        return f"cinema-{self.cinema.id}" if self.cinema is not None else ""

    @property
    def screening_id(self) -> int | None:
        return self.screening.id if self.screening is not None else None

    @property
    def cinema_id(self) -> int | None:
        return self.cinema.id if self.cinema is not None else None


def here(request: Request) -> Place:
    """The place that the form names, else the device remembers, else the one that is most likely now.

    A screening that is over is left for the next one in its room.
    """
    remembered = unquote(request.cookies.get(_GATE, ""))
    gate = request.form.get("gate", remembered)
    if holds_code(gate):
        gate = remembered
    value = request.form.get("place", request.cookies.get(_PLACE, ""))
    cinema, screening = _found(value) or _likely()
    if screening is not None and not _goes_on(screening):
        screening = next((one for one in _today(screening.cinema) if _same_room(one, screening)), None)
    return Place(cinema, screening, visible_line(gate) or _("Gate 1"))


def chosen(request: Request) -> Place:
    """The place that a form chose. Raises Invalid: `place.unknown`, `gate.too_long`, `gate.code`."""
    found = _found(request.form.get("place", ""))
    if found is None or (found[1] is not None and not _goes_on(found[1])):
        raise Invalid("place.unknown", "place")
    gate = visible_line(request.form.get("gate", ""))
    if holds_code(gate):
        raise Invalid("gate.code", "gate")
    if len(gate) > LONGEST_GATE:
        raise Invalid("gate.too_long", "gate", most=LONGEST_GATE)
    return Place(*found, gate or _("Gate 1"))


def holds_code(gate: str) -> bool:
    """Whether a ticket's code went into the name, by a scanner most likely."""
    return _CODE.search(gate) is not None


def remember(place: Place, response: Response, *, secure: bool) -> None:
    """On the device: who signs in next at this door stands at the same one."""
    for name, value in ((_PLACE, place.value), (_GATE, quote(place.gate))):
        response.set_cookie(
            name, value, max_age=_YEAR, path="/staff", samesite="Lax", httponly=True, secure=secure
        )


def choices() -> list[tuple[Cinema, list[Screening]]]:
    """Every site with today's screenings that are not over, by hour."""
    today = events.programme_today()
    return [(cinema, _going_on(today.get(cinema.slug, []))) for cinema in events.cinemas()]


def open_now(place: Place) -> list[int]:
    """The screenings whose people come in here now."""
    if place.screening is not None:
        return [place.screening.id]
    now = events.now()
    sites = [place.cinema] if place.cinema is not None else []
    return [one.id for site in sites for one in _today(site) if tickets.opens_at(one.starts_at) <= now]


def _today(cinema: Cinema) -> list[Screening]:
    return _going_on(events.programme_today().get(cinema.slug, []))


def _going_on(screenings: list[Screening]) -> list[Screening]:
    """Those that are not over, by hour."""
    return sorted((one for one in screenings if _goes_on(one)), key=lambda one: (one.starts_at, one.id))


def _goes_on(screening: Screening) -> bool:
    return screening.status == "scheduled" and screening.ends_at > events.now()


def _same_room(one: Screening, other: Screening) -> bool:
    return one.auditorium_id == other.auditorium_id


def _found(value: str) -> tuple[Cinema, Screening | None] | None:
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


def _likely() -> tuple[Cinema | None, Screening | None]:
    """The screening whose people come now or next; late in the evening the last one; else the first site."""
    going = [one for _, screenings in choices() for one in screenings]
    coming = [one for one in going if one.starts_at + LATE > events.now()]
    screening = min(coming or going, key=lambda one: one.starts_at, default=None)
    if screening is not None:
        return screening.cinema, screening
    return next(iter(events.cinemas()), None), None
