"""One order given up for another, and somebody who wants seats of both: neither waits for the other for ever."""

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
from tests.actors import browser
from tests.orders import buying
from tests.races.crowd import deadlocks, of_kind, rush, unexpected, until_somebody_waits
from tests.reservations.holds import hold, taken
from tests.reservations.rooms import ids, make_screening, plan_of

pytestmark = pytest.mark.usefixtures("app", "crowd")


def given_seats(screening: Screening, given_up: str) -> Started:
    return orders.start_with_seats(
        screening.id,
        ids(plan_of(screening), "A1 A2"),
        browser(),
        once=uuid.uuid4().hex,
        instead_of=given_up,
    )


def the_best(screening: Screening, given_up: str) -> Started:
    return orders.start_with_best(
        screening.id,
        4,
        browser(),
        once=uuid.uuid4().hex,
        instead_of=given_up,
    )


Begin = Callable[[Screening, str], Started]
BOTH = pytest.mark.parametrize(("begin", "gets"), [(given_seats, "A1 A2"), (the_best, "A1 A2 A3 A4")])


def given_up_meanwhile(begin: Begin, gets: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Ana gives up A5 A6; before she has other seats, somebody asks for A2, which she wants, and A5."""
    screening = make_screening("oooooo")
    former = buying.start(screening, ids(plan_of(screening), "A5 A6"))
    results: list[object] = []
    picker = threading.Thread(target=lambda: results.extend(rush([lambda: hold(screening, "A2 A5")])))
    release = reservations.release

    def somebody_asks(reservation_id: uuid.UUID) -> bool:
        released = release(reservation_id)
        if released:
            picker.start()
            until_somebody_waits()
        return released

    monkeypatch.setattr(reservations, "release", somebody_asks)

    def change() -> Started:
        with db.transaction():
            return begin(screening, former.token)

    results.extend(rush([change]))
    picker.join(20)
    if not deadlocks(results):
        assert taken(screening) == gets
    return results


@BOTH
def test_neither_waits_for_the_other(begin: Begin, gets: str, monkeypatch: pytest.MonkeyPatch) -> None:
    results = given_up_meanwhile(begin, gets, monkeypatch)
    assert (deadlocks(results), unexpected(results), len(of_kind(results, Started))) == (0, [], 1)


@BOTH
def test_control_given_up_before_the_others_are_reached_for(
    begin: Begin, gets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reservations, "claim_before_release", lambda *seats, **wanted: None)
    assert deadlocks(given_up_meanwhile(begin, gets, monkeypatch)) == 1
