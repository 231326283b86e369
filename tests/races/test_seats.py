"""Races for seats: parallel claims, sales, releases and expiry never sell a seat twice and never deadlock."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.core import db
from app.events.service import Screening
from app.reservations import claim_statements, claims, handlers, holds, service
from app.reservations.service import Reservation, SeatsLost
from tests.actors import new_visitor_actor
from tests.races.concurrency import deadlocks, of_kind, run_at_once, unexpected
from tests.reservations.auditoriums import make_screening, seat_plan_of
from tests.reservations.holds import hold

pytestmark = pytest.mark.usefixtures("large_pool")


def sold_twice() -> int:
    """The seats that belong to two confirmed reservations."""
    with db.reading() as session:
        return int(
            session.execute(
                text(
                    "select count(*) from (select r.screening_id, s.seat_id from reservations.reservations r"
                    " join reservations.reservation_seats s on s.reservation_id = r.id where r.state = 'confirmed'"
                    " group by 1, 2 having count(*) > 1) twice"
                )
            ).scalar_one()
        )


def read_then_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the claim by an unguarded one: it reads whether the seats are free, and then writes."""

    def unguarded(
        reservation_id: uuid.UUID, screening_id: int, seat_ids: list[int], **kept: Any
    ) -> claims.CreatedHold:
        free = frozenset(seat_ids) - service.seat_states(screening_id).keys()
        time.sleep(0.1)
        expires_at = datetime.now(UTC) + timedelta(seconds=kept["seconds"])
        session = db.session()
        session.execute(
            text(
                "insert into reservations.reservations (id, screening_id, state, expires_at, visitor, address_key)"
                " values (:id, :screening, 'held', :expires, 'v', 'a')"
            ),
            {"id": reservation_id, "screening": screening_id, "expires": expires_at},
        )
        for seat_id in sorted(free):
            values = {"id": reservation_id, "screening": screening_id, "seat": seat_id, "expires": expires_at}
            session.execute(
                text(
                    "insert into reservations.seat_claims values (:screening, :seat, :id, :expires)"
                    " on conflict (screening_id, seat_id) do update set reservation_id = excluded.reservation_id"
                ),
                values,
            )
            session.execute(text("insert into reservations.reservation_seats values (:id, :seat)"), values)
        return claims.CreatedHold(expires_at, free, frozenset())

    monkeypatch.setattr(claims, "create_hold", unguarded)


def fifty_holds_of_one_seat(screening: Screening) -> list[Any]:
    return run_at_once([lambda: hold(screening, "A1")] * 50)


def test_of_fifty_holds_of_one_seat_one_succeeds() -> None:
    results = fifty_holds_of_one_seat(make_screening("oo"))
    assert len(of_kind(results, Reservation)) == 1
    assert len(of_kind(results, SeatsLost)) == 49


def test_control_reading_before_writing_sells_a_seat_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    read_then_write(monkeypatch)
    assert len(of_kind(fifty_holds_of_one_seat(make_screening("oo")), Reservation)) > 1


# Without `order by`, rows are locked in the order of the caller.
UNSORTED = claim_statements.CLAIM.replace("order by wanted.seat_id", "")


def hold_in_both_orders(screening: Screening, times: int) -> list[Any]:
    """Hold A+B and B+A at the same time, in pairs, `times` times; the seats are released each time."""
    one, two = (seat.id for seat in seat_plan_of(screening).seats[:2])
    results: list[Any] = []

    def run(order: tuple[int, int]) -> Callable[[], Any]:
        def work() -> list[Any]:
            got: list[Any] = []
            for _ in range(times):
                try:
                    with db.transaction():
                        held = holds.create_hold(
                            screening,
                            order,
                            new_visitor_actor(),
                            minutes=1,
                            limited=False,
                        )
                    with db.transaction():
                        service.release(held.id)
                    got.append(held)
                except Exception as error:
                    got.append(error)
            return got

        return work

    for outcome in run_at_once([run((one, two)), run((two, one))] * 4):
        results.extend(outcome)
    return results


def test_holds_of_two_seats_in_both_orders_do_not_deadlock() -> None:
    results = hold_in_both_orders(make_screening("oo"), 50)  # 8 threads: 200 pairs
    assert len(results) == 400
    assert deadlocks(results) == 0
    assert not unexpected(results)
    assert of_kind(results, Reservation)


def test_control_unsorted_holds_of_two_seats_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    # One statement locks both rows within microseconds; the pause makes the transactions overlap as under load.
    monkeypatch.setattr(claims, "SQL", claim_statements.statements(claim=with_a_pause(UNSORTED)))
    monkeypatch.setattr(holds, "TRIES", 1)
    results = hold_in_both_orders(make_screening("oo"), 3)
    assert deadlocks(results) > 0


def with_a_pause(claim: str) -> str:
    return claim.replace(
        "from owner, wanted",
        "from owner, (select seat_id, case when pg_sleep(0.05) is null then 0 end from wanted offset 0) wanted",
    )


def test_the_pause_alone_causes_no_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        claims, "SQL", claim_statements.statements(claim=with_a_pause(claim_statements.CLAIM))
    )
    assert deadlocks(hold_in_both_orders(make_screening("oo"), 3)) == 0


def run_all_writes(screening: Screening, threads: int, seconds: float) -> list[Any]:
    """Claim, change, extend, sell, release and expire few seats in parallel, for `seconds`."""
    seats = [seat.id for seat in seat_plan_of(screening).seats]
    until = time.monotonic() + seconds

    def work(seed: int) -> Callable[[], list[Any]]:
        chance = random.Random(seed)

        def step(mine: list[uuid.UUID]) -> Any:
            act = chance.choice(["hold", "hold", "change", "extend", "sell", "release", "expire"])
            if act == "expire":
                return end_and_expire(chance)
            if act == "hold" or not mine:
                wanted = chance.sample(seats, chance.randint(1, 4))
                with db.transaction():
                    held = service.hold_seats(screening, wanted, new_visitor_actor())
                mine.append(held.id)
                return held
            reservation_id = chance.choice(mine)
            with db.transaction():
                if act == "change":
                    return service.change_seats(reservation_id, chance.sample(seats, chance.randint(1, 4)))
                if act == "extend":
                    return service.extend(reservation_id, datetime.now(UTC) + timedelta(minutes=9))
                if act == "sell":
                    return service.confirm(reservation_id)
                return service.release(reservation_id)

        def run() -> list[Any]:
            mine: list[uuid.UUID] = []
            results: list[Any] = []
            while time.monotonic() < until:
                try:
                    results.append(step(mine))
                except Exception as error:
                    results.append(error)
            return results

        return run

    return [result for results in run_at_once([work(seed) for seed in range(threads)]) for result in results]


def end_and_expire(chance: random.Random) -> int:
    """End the time of one hold, locking by seat id as every write does, and run the expiry."""
    with db.transaction() as session:
        found = session.execute(
            text(
                "select id from reservations.reservations where state = 'held' order by id offset :n limit 1"
                " for update skip locked"
            ),
            {"n": chance.randint(0, 5)},
        ).scalar()
        if found is not None:
            past = datetime.now(UTC) - timedelta(seconds=1)
            claims.move(found, "extend", expires_at=past)
    return handlers.expire_holds()


def test_all_writes_in_24_threads_neither_deadlock_nor_oversell() -> None:
    results: list[Any] = []
    for _room in range(12):  # one screening is enough; on a slow machine several are needed
        results += run_all_writes(make_screening("oooooo", "oooooo"), 24, 3.0)
        if len(of_kind(results, Reservation)) > 50 and True in results:
            break
    else:
        raise AssertionError("too little was held, or nothing was sold or released")
    assert deadlocks(results) == 0
    assert not unexpected(results)
    assert sold_twice() == 0
    assert_claims_fit_reservations()


def assert_claims_fit_reservations() -> None:
    """Assert that confirmed reservations have all their seats without expiry, and that ended ones have none."""
    with db.reading() as session:
        broken = session.execute(
            text(
                """
                select r.state, count(*) from reservations.reservations r
                join reservations.reservation_seats s on s.reservation_id = r.id
                left join reservations.seat_claims c on c.screening_id = r.screening_id
                  and c.seat_id = s.seat_id and c.reservation_id = r.id
                where (r.state = 'confirmed' and (c.seat_id is null or c.expires_at is not null))
                   or (r.state in ('released', 'expired') and c.seat_id is not null)
                group by r.state
                """
            )
        ).all()
    assert not broken


def test_control_unsorted_writes_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows locked in any order cause deadlocks within a second."""
    unsorted = claim_statements.LOCKED.replace(
        "order by held.screening_id, held.seat_id", "order by random()"
    )
    claim = claim_statements.CLAIM.replace("order by wanted.seat_id", "order by random()")
    monkeypatch.setattr(claims, "SQL", claim_statements.statements(claim=claim, locked=unsorted))
    screening = make_screening("oooo")
    found = 0
    for _ in range(20):
        found += deadlocks(run_all_writes(screening, 24, 1.5))
        if found:
            break
    assert found > 0


def test_control_reading_before_writing_oversells_in_sales(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read before the write does not protect: a seat is sold twice."""
    read_then_write(monkeypatch)
    screening = make_screening("oo")

    def buy() -> bool:
        held = hold(screening, "A1")
        with db.transaction() as session:
            session.execute(
                text("update reservations.reservations set state = 'confirmed' where id = :id"),
                {"id": held.id},
            )
        return True

    run_at_once([buy] * 10)
    assert sold_twice() > 0
