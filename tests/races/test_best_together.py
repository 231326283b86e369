"""Race: many visitors ask for the best seats together, and no two find the same seats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from app.core import db
from app.events.service import Screening
from app.reservations import holds, service
from app.reservations.service import Reservation, SeatsLost
from tests.actors import new_visitor_actor
from tests.races.concurrency import deadlocks, of_kind, run_at_once, unexpected
from tests.reservations.auditoriums import make_screening, seat_plan_of
from tests.reservations.holds import hold, taken_seats

pytestmark = pytest.mark.usefixtures("large_pool")


def hold_best_in_threads(screening: Screening) -> list[Any]:
    def work() -> Reservation:
        with db.transaction():
            return service.hold_best(screening, 2, new_visitor_actor())

    return run_at_once([work] * 40)


def count_losses(monkeypatch: pytest.MonkeyPatch) -> list[SeatsLost]:
    """Record each time that the best seats were taken before they could be held."""
    losses: list[SeatsLost] = []
    seats_lost = holds.seats_lost

    def noted(*args: Any, **kept: Any) -> SeatsLost:
        losses.append(seats_lost(*args, **kept))
        return losses[-1]

    monkeypatch.setattr(holds, "seats_lost", noted)
    return losses


def test_requests_for_the_best_seats_do_not_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = count_losses(monkeypatch)
    screening = make_screening(*["oooooooooo"] * 8)
    results = hold_best_in_threads(screening)
    assert len(of_kind(results, Reservation)) == 40
    assert len(taken_seats(screening).split()) == 80
    assert losses == []


def test_control_without_the_lock_they_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = count_losses(monkeypatch)
    monkeypatch.setattr(holds, "lock_screening", lambda screening_id: None)
    results = hold_best_in_threads(make_screening(*["oooooooooo"] * 8))
    assert losses
    assert not of_kind(results, DBAPIError)


def test_chosen_seats_against_the_best_seats() -> None:
    """Visitors who choose seats take no lock: the search is repeated, and nobody gets one of two seats."""
    screening = make_screening(*["oooooo"] * 4)
    room = seat_plan_of(screening)
    pairs = [block[first : first + 2] for block in room.rows for first in range(0, 6, 2)]

    def pick(pair: Any) -> Callable[[], Reservation]:
        return lambda: hold(screening, " ".join(seat.name for seat in pair))

    def best() -> Reservation:
        with db.transaction():
            return service.hold_best(screening, 2, new_visitor_actor())

    results = run_at_once([work for pair in pairs for work in (pick(pair), best)])
    held = of_kind(results, Reservation)
    assert not unexpected(results)
    assert deadlocks(results) == 0
    seats = [seat_id for one in held for seat_id in one.seat_ids]
    assert len(seats) == len(set(seats)) == len(taken_seats(screening).split())
