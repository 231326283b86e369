"""Race: a visitor in the waiting list signs in while the list is closed, without a deadlock."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.core import db
from app.events.service import Screening
from app.reservations import offers, service
from tests.actors import visitor_actor
from tests.races.concurrency import deadlocks, of_kind, run_at_once, wait_until_count_blocked
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import hold

pytestmark = pytest.mark.usefixtures("large_pool")


def join_twice() -> tuple[Screening, object]:
    """Make two requests of one visitor for a screening, the first with the greater id; returns the second's id.

    Ids contain the time of the machine that makes them, so two machines whose clocks differ can make such a pair.
    """
    screening = make_screening("oo")
    hold(screening, "A1 A2")
    for often in range(2):
        with db.transaction():
            service.join_waiting_list(
                screening, 1, f"ana{often}@{screening.id}.example", visitor_actor("ana")
            )
    with db.transaction() as session:
        of_screening = {"id": screening.id}
        session.execute(
            text(
                "update reservations.requests one set waiting_since = other.waiting_since"
                " from reservations.requests other"
                " where one.screening_id = :id and other.screening_id = :id and other.id <> one.id"
            ),
            of_screening,
        )
        ids = session.execute(
            text("select id from reservations.requests where screening_id = :id order by waiting_since"),
            of_screening,
        ).scalars()
        first, second = ids
    assert first > second
    return screening, second


def collide() -> list[object]:
    """Run both while the second request is locked; a statement that does not lock by id has locked the first one."""
    screening, second = join_twice()
    results: list[object] = []

    def begin(work: Callable[[], object]) -> threading.Thread:
        def run() -> object:
            with db.transaction():
                return work()

        thread = threading.Thread(target=lambda: results.extend(run_at_once([run])), daemon=True)
        thread.start()
        return thread

    with db.engine().begin() as other:
        other.execute(text("select 1 from reservations.requests where id = :id for update"), {"id": second})
        signs_in = begin(lambda: service.reassign_visitor("ana", "ana, signed in"))
        wait_until_count_blocked(1)
        ends = begin(lambda: offers._close_waiting_list(screening.id))
        wait_until_count_blocked(2)
    for thread in (signs_in, ends):
        thread.join(20)
    return results


def test_sign_in_and_closing_do_not_deadlock() -> None:
    results = collide()
    assert (len(results), of_kind(results, Exception)) == (2, [])
    with db.reading() as session:
        left = session.execute(text("select visitor, state from reservations.requests")).all()
    assert [tuple(row) for row in left] == 2 * [("ana, signed in", "expired")]


def test_control_locking_in_the_order_of_joining_deadlocks(monkeypatch: pytest.MonkeyPatch) -> None:
    as_they_lie = offers.CLOSE_WAITING_LIST.replace("order by id", "order by waiting_since")
    monkeypatch.setattr(offers, "CLOSE_WAITING_LIST", as_they_lie)
    assert deadlocks(collide()) == 1
