"""The list of a screening: who is inside, who is still to come, by type; with a search by name, seat and code."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import Response, render_template
from htmx_flask import request

from app.core.errors import NotFound
from app.core.i18n import format_time
from app.door import blueprint
from app.door.page_answers import uncached
from app.door.place import Place, current_place, place_choices
from app.door.staff import require_staff
from app.events import service as events
from app.events.service import Screening
from app.orders import service as orders
from app.tickets import service as tickets
from app.tickets.service import Attendance, Ticket
from app.web.locale import locale

MAX_QUERY_LENGTH = 60
# Letters of a code that a search needs: F8 is a seat, and stands in the codes of others by chance.
LEAST_OF_CODE = 4
_NOBODY = Attendance(0, 0)


@dataclass(frozen=True, slots=True)
class Guest:
    """A ticket of the list with its buyer's name, which may be empty, and its type in the visitor's language."""

    ticket: Ticket
    name: str
    type_text: str

    @property
    def admitted_at(self) -> str:
        at = self.ticket.admitted_at
        return format_time(at, locale(), self.ticket.facts.timezone) if at is not None else ""

    def fits(self, word: str) -> bool:
        """Whether name or seat has this folded word, or code or serial: random letters, so only for a long one."""
        ticket = self.ticket
        texts = [self.name, ticket.seat_name]
        if len(word) >= LEAST_OF_CODE:
            texts += [ticket.code, ticket.serial]
        return any(word in _folded(one) for one in texts)


@blueprint.get("/staff/guests")
@require_staff
def guest_list() -> Response:
    """Show the list of the screening in `screening`, else of the one where the device stands; `q` searches."""
    place = current_place(request)
    screening = _screening(request.args.get("screening", "")) or place.screening
    query = request.args.get("q", "")[:MAX_QUERY_LENGTH]
    everybody = _guests(screening) if screening is not None else []
    at_site = _counters_of_site(place) if screening is None else _SiteCounters()
    values = {
        "place": place,
        "screening": screening,
        "choices": place_choices(),
        "guests": matching(everybody, query),
        "by_type": counted_by_type(everybody) if screening is not None else at_site.by_type,
        "total": _counted(one.ticket for one in everybody) if screening is not None else at_site.total,
        "query": query,
        "attendance_of": at_site.by_screening,
    }
    return uncached(render_template("door/page_guests.html", **values))


@dataclass(frozen=True, slots=True)
class _SiteCounters:
    """The counters of all of today's screenings of a site that are not over."""

    by_screening: dict[int, Attendance] = field(default_factory=dict)
    by_type: list[tuple[str, Attendance]] = field(default_factory=list)
    total: Attendance = _NOBODY


def _counters_of_site(place: Place) -> _SiteCounters:
    ids = [
        one.id
        for site, screenings in place_choices()
        if place.cinema is None or site.id == place.cinema.id
        for one in screenings
    ]
    found = tickets.attendance_by_type(ids)
    names = {kind: name for kind, (name, _, _) in tickets.door_types(locale()).items()}
    by_screening = dict.fromkeys(ids, _NOBODY)
    of_type: dict[str, Attendance] = {}
    for (screening_id, kind), counted in found.items():
        name = names.get(kind, kind or "")
        by_screening[screening_id] += counted
        of_type[name] = of_type.get(name, _NOBODY) + counted
    by_type = sorted(of_type.items(), key=lambda item: (-item[1].sold, item[0]))
    return _SiteCounters(by_screening, by_type, sum(of_type.values(), _NOBODY))


def matching(guests: Iterable[Guest], query: str) -> list[Guest]:
    """The guests whose name, seat or code has each word of the query, whatever its accents and capitals."""
    words = [_folded(word) for word in query.split()]
    return [one for one in guests if all(one.fits(word) for word in words)]


def counted_by_type(guests: Iterable[Guest]) -> list[tuple[str, Attendance]]:
    """The counters of each ticket type, the most frequent type first."""
    of_type: dict[str, list[Ticket]] = {}
    for one in guests:
        of_type.setdefault(one.type_text, []).append(one.ticket)
    ordered = sorted(of_type.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(name, _counted(of_it)) for name, of_it in ordered]


def _counted(of_them: Iterable[Ticket]) -> Attendance:
    states = Counter(one.state for one in of_them)
    return Attendance(states["admitted"], states["valid"], states["outside"])


def _guests(screening: Screening) -> list[Guest]:
    """All guests of the screening in the order of their seats."""
    found = tickets.of_screening(screening.id)
    names = orders.buyer_names({one.order_id for one in found})
    made = [Guest(one, names.get(one.order_id, ""), tickets.type_short(one, locale())) for one in found]
    return sorted(made, key=lambda one: _seat_order(one.ticket))


def _seat_order(ticket: Ticket) -> tuple[str, int, str, int]:
    """Section, row and number; rows of one letter come before those of two, and 10 comes after 9."""
    digits = re.sub(r"\D", "", ticket.seat_number)
    return ticket.section, len(ticket.row_label), ticket.row_label, int(digits) if digits else 0


def _screening(typed: str) -> Screening | None:
    """The screening with this number, if it is one of today's. Raises NotFound for any other number."""
    if not typed:
        return None
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    if not any(one.id == number for _, screenings in place_choices() for one in screenings):
        raise NotFound("screening")
    return events.screening(number)


def _folded(text: str) -> str:
    """The letters and digits of the text, without accents, in small letters."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if char.isalnum())
