"""Race: two visitors replace their orders by each other's seats at the same time, without a deadlock.

Both keep their seats, because the seats of the other visitor are not released yet.
"""

from __future__ import annotations

import time
import uuid

import pytest

from app.core import db
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView, Started
from app.reservations import holds, service
from app.reservations.service import SeatsLost
from tests.actors import visitor_actor
from tests.orders import purchases
from tests.races.concurrency import TIMEOUT_SECONDS, count_blocked, deadlocks, of_kind, run_at_once
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.reservations.holds import taken_seats

pytestmark = pytest.mark.usefixtures("app", "large_pool")
Wish = tuple[Screening, str]


def replace_each_other(ana: Wish, bia: Wish, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Let each visitor hold seats and ask for those of the other; both release before either continues."""
    orders_before = [begin("ana", *ana), begin("bia", *bia)]
    release, given_up = service.release, []

    def wait_for_both(reservation_id: uuid.UUID) -> bool:
        released = release(reservation_id)
        given_up.append(reservation_id)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while len(given_up) < 2 and not count_blocked():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return released

    monkeypatch.setattr(service, "release", wait_for_both)
    results = run_at_once(
        [
            lambda: swap("ana", *bia, orders_before[0]),
            lambda: swap("bia", *ana, orders_before[1]),
        ]
    )
    if not deadlocks(results):
        for order, (screening, names) in zip(orders_before, (ana, bia), strict=True):
            kept = purchases.order(order.token)
            assert (kept.state, kept.is_open) == ("draft", True)
            assert set(names.split()) <= set(taken_seats(screening).split())
    return results


def begin(visitor: str, screening: Screening, names: str) -> OrderView:
    return purchases.start(screening, seat_ids(seat_plan_of(screening), names), visitor)


def swap(visitor: str, screening: Screening, names: str, given_up: OrderView) -> Started:
    with db.transaction():
        return orders.start_with_seats(
            screening.id,
            seat_ids(seat_plan_of(screening), names),
            visitor_actor(visitor, visitor),
            once=uuid.uuid4().hex,
            replaces=given_up.token,
        )


def wishes(where: str) -> tuple[Wish, Wish]:
    first = make_screening("oooooo")
    return (first, "A1 A2"), (first if where == "one auditorium" else make_screening("oooooo"), "A5 A6")


AUDITORIUMS = pytest.mark.parametrize("where", ["one auditorium", "two auditoriums"])


@AUDITORIUMS
def test_two_replacements_do_not_deadlock(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    results = replace_each_other(*wishes(where), monkeypatch)
    assert (deadlocks(results), len(of_kind(results, SeatsLost))) == (0, 2), results


@AUDITORIUMS
def test_control_without_the_lock_order_they_deadlock(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "lock_screening", lambda screening_id: None)
    monkeypatch.setattr(service, "claim_before_release", lambda *seats, **wanted: None)
    assert deadlocks(replace_each_other(*wishes(where), monkeypatch)) == 1
