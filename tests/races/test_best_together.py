"""Crowds that ask for the best seats together: nobody is beaten to what was found for them."""

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


def together(screening: Screening) -> list[Any]:
    def work() -> Reservation:
        with db.transaction():
            return service.hold_best(screening, 2, new_visitor_actor())

    return run_at_once([work] * 40)


def count_losses(monkeypatch: pytest.MonkeyPatch) -> list[SeatsLost]:
    """Notes every time that a try at the best seats found them gone."""
    losses: list[SeatsLost] = []
    seats_lost = holds.seats_lost

    def noted(*args: Any, **kept: Any) -> SeatsLost:
        losses.append(seats_lost(*args, **kept))
        return losses[-1]

    monkeypatch.setattr(holds, "seats_lost", noted)
    return losses


def test_the_best_together_do_not_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = count_losses(monkeypatch)
    screening = make_screening(*["oooooooooo"] * 8)
    results = together(screening)
    assert len(of_kind(results, Reservation)) == 40
    assert len(taken_seats(screening).split()) == 80
    assert losses == []


def test_control_the_best_together(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = count_losses(monkeypatch)
    monkeypatch.setattr(holds, "lock_screening", lambda screening_id: None)
    results = together(make_screening(*["oooooooooo"] * 8))
    assert losses
    assert not of_kind(results, DBAPIError)


def test_picked_by_hand_against_the_best_together() -> None:
    """Those who pick take no lock: the best ones are looked for again, and nobody gets half of a pair."""
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
