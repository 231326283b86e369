"""What a door keeps to work without a network, as JSON: the screenings of the site's day, their tickets, the keys."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from app.core.config import settings
from app.core.i18n import auditorium_name
from app.core.seat_names import long_name, short_name
from app.core.showtime import cinema_day_start
from app.door import demands
from app.events import service as events
from app.events.service import Cinema, Screening
from app.orders import service as orders
from app.tickets import service as tickets
from app.tickets.service import Conflict, DoorKey, DoorState, DoorTicket
from app.users import service as users
from app.users.service import Device, User

FORMAT = "1"
_STATE: Final = {"valid": "v", "admitted": "a", "outside": "o", "revoked": "r"}


@dataclass(frozen=True, slots=True)
class SiteDay:
    """The running cinema day of a site: its screenings, and those of the day before that are not over."""

    site: Cinema
    day: date
    screenings: tuple[Screening, ...]
    now: datetime

    @property
    def starts_at(self) -> datetime:
        return cinema_day_start(self.day, self.site.timezone)

    @property
    def not_over(self) -> list[int]:
        """The ids of the screenings whose tickets a door keeps."""
        return [one.id for one in self.screenings if one.ends_at > self.now]


def site_day(site_id: int) -> SiteDay | None:
    """The day of the site; None if there is no such site any more."""
    site = next((one for one in events.cinemas() if one.id == site_id), None)
    if site is None:
        return None
    now, day = events.now(), events.today(site.slug)
    today = events.programme_today().get(site.slug, [])
    before = [one for one in events.programme(day - timedelta(days=1), site.slug) if one.ends_at > now]
    ordered = sorted((*before, *today), key=lambda one: (one.starts_at, one.id))
    return SiteDay(site, day, tuple(ordered), now)


def payload(
    day: SiteDay, state: DoorState, found: Iterable[DoorTicket], device: Device, user: User, locale: str
) -> dict[str, Any]:
    """The answer, without its cursor. The indexes in `tickets` are of this answer's `types` and `orders`."""
    found = list(found)
    types = tickets.door_types(locale)
    type_index = {kind: index for index, kind in enumerate(types)}
    order_index = {order_id: index for index, order_id in enumerate({one.order_id: 0 for one in found})}
    return {
        "version": FORMAT,
        "now": time_text(state.now),
        "device": str(device.id),
        "account": {"id": user.id, "name": user.name},
        "gate": device.name,
        "site": day.site.id,
        "zone": day.site.timezone,
        "day": day.day.isoformat(),
        "doors_open_minutes": settings().cinema.doors_open_minutes,
        "keys": [_key(one) for one in state.keys],
        "screenings": [_screening(one, locale) for one in day.screenings],
        "types": [
            {"name": name, "proof": demands.proof_line(kind, document), "proof_number": number}
            for kind, (name, document, number) in types.items()
        ],
        "orders": _orders(found),
        "tickets": [
            _ticket(one, type_index.get(one.half_kind, 0), order_index[one.order_id], locale) for one in found
        ],
        "conflicts": _conflicts(state.conflicts),
    }


def _orders(found: Iterable[DoorTicket]) -> list[dict[str, str]]:
    """The orders in the order of their first tickets, each with its buyer's name."""
    codes = {one.order_id: one.order_code for one in found}
    names = orders.buyer_names(codes.keys()) if codes else {}
    return [{"code": code, "name": names.get(order_id, "")} for order_id, code in codes.items()]


def _ticket(one: DoorTicket, type_index: int, order_index: int, locale: str) -> list[str | int]:
    return [
        base64.urlsafe_b64encode(one.id.bytes).decode().rstrip("="),
        one.screening_id,
        short_name(one.row_label, one.seat_number),
        long_name(locale, one.row_label, one.seat_number, one.section),
        type_index,
        order_index,
        one.code,
        one.kid,
        one.revision,
        _STATE.get(one.state, "r"),
        int(one.admitted_at.timestamp()) if one.admitted_at is not None else 0,
        one.gate or "",
    ]


def _screening(one: Screening, locale: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.film.title_in(locale),
        "auditorium": auditorium_name(one.auditorium_name, locale),
        "starts": time_text(one.starts_at),
        "opens": time_text(tickets.opens_at(one.starts_at)),
        "ends": time_text(one.ends_at),
        "day": one.showtime.cinema_day.isoformat(),
        "time": one.showtime.time(locale),
        "called_off": one.status != "scheduled",
        "age": one.film.age_rating,
    }


def _key(key: DoorKey) -> dict[str, Any]:
    public = base64.b64encode(key.public).decode()
    return {"kid": key.kid, "public": public, "from": time_text(key.signs_from), "blocked": key.blocked}


def _conflicts(found: Iterable[Conflict]) -> list[dict[str, Any]]:
    found = list(found)
    accounts = {number for one in found for number in (one.other_by, one.by_user_id) if number is not None}
    names = users.account_names(accounts)
    return [
        {
            "id": one.id,
            "ticket": base64.urlsafe_b64encode(one.ticket_id.bytes).decode().rstrip("="),
            "seat": one.seat_name,
            "screening": one.screening_id,
            "reason": one.reason,
            "at": [time_text(one.other_at) if one.other_at else "", time_text(one.scanned_at)],
            "gates": [one.other_gate, one.gate],
            "by": [names.get(one.other_by or 0, ""), names.get(one.by_user_id or 0, "")],
        }
        for one in found
    ]


def time_text(moment: datetime) -> str:
    """`2026-11-29T20:10:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
