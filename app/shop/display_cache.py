"""One-second in-process caches, for display only.

Visitors of the same second see the same page. The database decides each write (a hold, a half-price place, stock), so
a page that is a second old costs its visitor at most a message that something is no longer available.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from app.core.cache import Cache
from app.events import service as events
from app.orders import service as orders
from app.products import service as products
from app.products.service import MenuItem
from app.reservations import live
from app.shop.programme_filter import ProgrammeFilter

# The programme and the pages of films, rendered, some 50 KB each: by film (None: the programme), filter and language.
PROGRAMME_PAGES: Cache[tuple[str | None, ProgrammeFilter, str], dict[str, Any]] = Cache(
    "programme pages", most=50, seconds=1.0
)
# Claiming a half-price place counts them again under a lock.
_HALF_PRICE_LEFT: Cache[int, tuple[int, int]] = Cache("half price left", most=1_000, seconds=1.0)
# Holding a product counts its stock again under a lock.
_MENUS: Cache[tuple[int, str], list[MenuItem]] = Cache("menu pages", most=200, seconds=1.0)
# The claim is the lock; the process that writes a claim expires the entry of its screening. An entry is some 100 KB.
_TAKEN: Cache[int, TakenSeats] = Cache("taken seats", most=50, seconds=0.25)


@dataclass(frozen=True, slots=True)
class TakenSeats:
    """The taken seats of a screening: until when, or None for sold; `now` is the database's time of reading.

    `markup` holds, by language, the map rendered for visitors without seats of their own in it.
    """

    now: datetime
    states: Mapping[int, datetime | None]
    markup: dict[str, Markup]

    def json(self) -> str:
        return live.as_json(self.states, self.now)


def half_price_left(screening_id: int) -> tuple[int, int]:
    """(half-price places left, in all)."""
    return _HALF_PRICE_LEFT.get(screening_id, lambda: orders.half_price_left(screening_id))


def menu(cinema_id: int, language: str) -> list[MenuItem]:
    """The menu of a site, with what is left of each product."""
    return _MENUS.get((cinema_id, language), lambda: products.menu(cinema_id, language))


def taken_seats(screening_id: int) -> TakenSeats:
    """The taken seats of a screening, a quarter of a second old at most."""
    return _TAKEN.get(screening_id, lambda: _read_taken_seats(screening_id))


def _read_taken_seats(screening_id: int) -> TakenSeats:
    states, now = live.read([screening_id])
    return TakenSeats(now, states[screening_id], {})


def put_taken_seats(screening_id: int, states: Mapping[int, datetime | None]) -> None:
    """Keep what the caller has just read of a screening."""
    _TAKEN.put(screening_id, TakenSeats(events.now(), states, {}))


def expire_taken_seats(screening_id: int) -> None:
    """This process has changed a claim of the screening: the next page reads the seats again."""
    _TAKEN.expire(screening_id)


def seemed_taken(screening_id: int, seat_ids: Collection[int]) -> bool:
    """Whether the cache has one of these seats as taken: the caller then asks the database before it claims."""
    known = _TAKEN.peek(screening_id)
    return known is not None and any(seat_id in known.states for seat_id in seat_ids)
