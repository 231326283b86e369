"""Calendar files (iCalendar, RFC 5545) for the visit that an order buys: on the order's page and in its mails.

One order is one calendar entry. Its UID is the order's id, so that a later file replaces an earlier one. A cancelled
visit is the same entry with a higher SEQUENCE and the status CANCELLED. Times are local times of the site with its time
zone, as they were sold: every device converts them correctly.

The file does not contain the order's address: people share their calendars, and anybody who has the address can open
and cancel the tickets.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parseaddr
from functools import partial
from typing import TYPE_CHECKING

from app.core.config import settings
from app.core.i18n import auditorium_name, translate, zone
from app.core.showtime import Showtime

if TYPE_CHECKING:
    from icalendar import vCalAddress

CONTENT_TYPE = "text/calendar"
CONFIRMED_SEQUENCE, CANCELLED_SEQUENCE = 0, 1  # a cancelled order is never confirmed again


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The facts of one calendar entry. `ends_at` is aware, in UTC. `called_off`: the order has ended."""

    order_id: uuid.UUID
    order_code: str
    film: str
    cinema: str
    address: str
    auditorium: str
    seats: Sequence[str]
    showtime: Showtime
    ends_at: datetime
    website: str  # absolute address of the cinema's site
    called_off: bool = False


def calendar_file(visit: Visit, locale: str) -> bytes:
    """The file in `locale`. Two files of one visit differ only in their time stamps."""
    from icalendar import Calendar, Event  # imported here: web processes seldom need its 3 MB

    _ = partial(translate, locale)
    room = auditorium_name(visit.auditorium, locale)
    event = Event()
    event.add("uid", str(visit.order_id))
    event.add("sequence", CANCELLED_SEQUENCE if visit.called_off else CONFIRMED_SEQUENCE)
    event.add("status", "CANCELLED" if visit.called_off else "CONFIRMED")
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", _by_the_sites_clock(visit.showtime, visit.showtime.starts_at))
    event.add("dtend", _by_the_sites_clock(visit.showtime, visit.ends_at))
    event.add("summary", f"{visit.film}, {', '.join(visit.seats)}")
    event.add("location", ", ".join(part for part in (visit.cinema, visit.address) if part))
    event.add(
        "description",
        "\n".join(
            [
                f"{room}, {', '.join(visit.seats)}",
                _("Order %(code)s. The tickets are in your e-mail.", code=visit.order_code)
                if not visit.called_off
                else _("Order %(code)s is cancelled", code=visit.order_code),
            ]
        ),
    )
    event.add("url", visit.website)
    event.add("organizer", _organizer())
    calendar = Calendar()
    calendar.add("prodid", "-//Bilheteria//tickets//")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    # Only the zone's rules around the visit: all rules since 1970 make the file large and slow to build.
    year = visit.showtime.clock.year
    calendar.add_missing_timezones(first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
    return bytes(calendar.to_ical())


def file_name(order_code: str) -> str:
    return f"{order_code}.ics"


def _by_the_sites_clock(showtime: Showtime, moment: datetime) -> datetime:
    return showtime.clock_at(moment).replace(tzinfo=zone(showtime.timezone))


def _organizer() -> vCalAddress:
    """Name the publisher of an entry (RFC 5546): the cinema, with the address that its mails come from."""
    from icalendar import vCalAddress

    name, address = parseaddr(settings().mail.sender)
    organizer = vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = name or settings().cinema.name
    return organizer
