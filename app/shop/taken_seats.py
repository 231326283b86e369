"""The taken seats of a screening as its map shows them, a quarter of a second old at most, for display only.

Visitors of the same moment see the same map. A claim decides: seats that look free cost their visitor at most a
message that they are not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from app.core.cache import Cache
from app.events import service as events
from app.reservations import live

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


def read(screening_id: int) -> TakenSeats:
    """The taken seats of a screening, a quarter of a second old at most."""
    return _TAKEN.get(screening_id, lambda: _read_taken_seats(screening_id))


def _read_taken_seats(screening_id: int) -> TakenSeats:
    states, now = live.read([screening_id])
    return TakenSeats(now, states[screening_id], {})


def put(screening_id: int, states: Mapping[int, datetime | None]) -> None:
    """Keep what the caller has just read of a screening."""
    _TAKEN.put(screening_id, TakenSeats(events.now(), states, {}))


def expire(screening_id: int) -> None:
    """This process has changed a claim of the screening: the next page reads the seats again."""
    _TAKEN.expire(screening_id)


def seemed_taken(screening_id: int, seat_ids: Collection[int]) -> bool:
    """Whether the cache has one of these seats as taken: the caller then asks the database before it claims."""
    known = _TAKEN.peek(screening_id)
    return known is not None and any(seat_id in known.states for seat_id in seat_ids)
