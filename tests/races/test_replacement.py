"""Race: an order replaces another while a visitor asks for seats of both, without a deadlock."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest

from app.core import db
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import Started
from app.reservations import service as reservations
from tests.actors import visitor_actor
from tests.orders import purchases
from tests.races.concurrency import deadlocks, of_kind, run_at_once, unexpected, wait_until_blocked
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.reservations.holds import hold, taken_seats

pytestmark = pytest.mark.usefixtures("app", "large_pool")


def start_with_given_seats(screening: Screening, given_up: str) -> Started:
    return orders.start_with_seats(
        screening.id,
        seat_ids(seat_plan_of(screening), "A1 A2"),
        visitor_actor(),
        once=uuid.uuid4().hex,
        replaces=given_up,
    )


def start_with_best_seats(screening: Screening, given_up: str) -> Started:
    return orders.start_with_best(
        screening.id,
        4,
        visitor_actor(),
        once=uuid.uuid4().hex,
        replaces=given_up,
    )


Begin = Callable[[Screening, str], Started]
BOTH = pytest.mark.parametrize(
    ("begin", "gets"), [(start_with_given_seats, "A1 A2"), (start_with_best_seats, "A1 A2 A3 A4")]
)


def replace_during_hold(begin: Begin, gets: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Replace an order of A5 A6; after their release, and before the new hold, another visitor asks for A2 and A5."""
    screening = make_screening("oooooo")
    former = purchases.start(screening, seat_ids(seat_plan_of(screening), "A5 A6"))
    results: list[object] = []
    picker = threading.Thread(target=lambda: results.extend(run_at_once([lambda: hold(screening, "A2 A5")])))
    release = reservations.release

    def release_and_start_hold(reservation_id: uuid.UUID) -> bool:
        released = release(reservation_id)
        if released:
            picker.start()
            wait_until_blocked()
        return released

    monkeypatch.setattr(reservations, "release", release_and_start_hold)

    def change() -> Started:
        with db.transaction():
            return begin(screening, former.token)

    results.extend(run_at_once([change]))
    picker.join(20)
    if not deadlocks(results):
        assert taken_seats(screening) == gets
    return results


@BOTH
def test_a_replacement_and_a_hold_do_not_deadlock(
    begin: Begin, gets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = replace_during_hold(begin, gets, monkeypatch)
    assert (deadlocks(results), unexpected(results), len(of_kind(results, Started))) == (0, [], 1)


@BOTH
def test_control_without_one_lock_for_both_holds_they_deadlock(
    begin: Begin, gets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reservations, "claim_before_release", lambda *seats, **wanted: None)
    assert deadlocks(replace_during_hold(begin, gets, monkeypatch)) == 1
