"""A visit to the cinema as a calendar file (iCalendar, RFC 5545): on the order's page and in its mails.

One order is one entry of a calendar: its UID is the order's own for ever, so that a later file replaces an earlier one.
A visit that is called off is the same entry with a higher SEQUENCE and the status CANCELLED. Hours are those of the
site's clock with its time zone, as they were sold: a device shows them right wherever it is.

The address of the order is not in the file: calendars are shared with families and colleagues, and anybody who has that
address can open and cancel the tickets.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parseaddr
from functools import partial

from icalendar import Calendar, Event, vCalAddress

from app.core.config import settings
from app.core.i18n import room_name, translate, zone
from app.core.showtime import Showtime

CONTENT_TYPE = "text/calendar"
STANDS, CALLED_OFF = 0, 1  # the entry's SEQUENCE: an order stands, or is over; nothing of it comes back


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What stands in the calendar. `ends_at` is aware, UTC."""

    order_id: uuid.UUID
    order_code: str
    film: str
    cinema: str
    address: str
    auditorium: str
    seats: Sequence[str]
    showtime: Showtime
    ends_at: datetime
    website: str  # the cinema's, absolute
    called_off: bool = False


def calendar_file(visit: Visit, locale: str) -> bytes:
    """The file in `locale`. Two of the same visit differ in their time stamp alone."""
    _ = partial(translate, locale)
    room = room_name(visit.auditorium, locale)
    event = Event()
    event.add("uid", str(visit.order_id))
    event.add("sequence", CALLED_OFF if visit.called_off else STANDS)
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
    # Of the zone's rules those around the visit: all since 1970 are much to send, and slow to find.
    year = visit.showtime.clock.year
    calendar.add_missing_timezones(first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
    return bytes(calendar.to_ical())


def file_name(order_code: str) -> str:
    return f"{order_code}.ics"


def _by_the_sites_clock(showtime: Showtime, moment: datetime) -> datetime:
    return showtime.clock_at(moment).replace(tzinfo=zone(showtime.timezone))


def _organizer() -> vCalAddress:
    """Name the publisher of an entry (RFC 5546): the cinema, with the address that its mails come from."""
    name, address = parseaddr(settings().mail.sender)
    organizer = vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = name or settings().cinema.name
    return organizer
