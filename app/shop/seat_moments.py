"""Which seats of a screening are taken, as pages show it: read once for all who look within a quarter of a second."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from markupsafe import Markup

from app.events import service as events
from app.reservations import live

FRESH_SECONDS = 0.25
_MOST = 200


@dataclass(slots=True)
class Moment:
    """Which seats of a screening were taken a moment ago, and the plain pages made of that."""

    read_at: float
    now: datetime
    states: Mapping[int, datetime | None]
    markup: dict[str, Markup]

    def json(self) -> str:
        return live.as_json(self.states, self.now)


_moments: dict[int, Moment] = {}


def moment(screening_id: int) -> Moment:
    """The states of a screening, a quarter of a second old at most. The claim is the lock; this is only a picture."""
    kept = _moments.get(screening_id)
    if kept is not None and time.monotonic() - kept.read_at < FRESH_SECONDS and not current_app.testing:
        return kept
    read_at = time.monotonic()
    states, now = live.read([screening_id])
    return _keep(screening_id, Moment(read_at, now, states[screening_id], {}))


def learn(screening_id: int, states: Mapping[int, datetime | None]) -> None:
    """Somebody has just read the taken seats in the course of something else."""
    _keep(screening_id, Moment(time.monotonic(), events.now(), states, {}))


def _keep(screening_id: int, fresh: Moment) -> Moment:
    if len(_moments) >= _MOST:
        _moments.clear()
    _moments[screening_id] = fresh
    return fresh


def forget_moment(screening_id: int) -> None:
    """This process has just changed a claim of the screening: who looks next reads it anew."""
    kept = _moments.get(screening_id)
    if kept is not None:
        kept.read_at = float("-inf")


def seemed_taken(screening_id: int, seat_ids: Collection[int]) -> bool:
    """Whether one of these seats was taken when somebody looked last. It decides nothing: a reason to look."""
    kept = _moments.get(screening_id)
    return kept is not None and any(seat_id in kept.states for seat_id in seat_ids)
