"""Seats under a crowd. Each race has its control: the same crowd, with the guard taken out, must do damage."""

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
    """Seats that two reservations believe to have: both remember them, and both are confirmed."""
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


def look_then_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard taken out: looks whether the seats are free, and then writes them, whoever came in between."""

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


def fifty_for_one(screening: Screening) -> list[Any]:
    return run_at_once([lambda: hold(screening, "A1")] * 50)


def test_fifty_for_one_seat() -> None:
    results = fifty_for_one(make_screening("oo"))
    assert len(of_kind(results, Reservation)) == 1
    assert len(of_kind(results, SeatsLost)) == 49


def test_control_fifty_for_one_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    look_then_write(monkeypatch)
    assert len(of_kind(fifty_for_one(make_screening("oo")), Reservation)) > 1


# Without `order by`, rows are taken as they come; here: as the caller named them.


UNSORTED = claim_statements.CLAIM.replace("order by wanted.seat_id", "")


def crosswise(screening: Screening, times: int) -> list[Any]:
    """A+B against B+A, in pairs, `times` times over; the seats are given back each time."""
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


def test_a_and_b_against_b_and_a() -> None:
    results = crosswise(make_screening("oo"), 50)  # 8 threads: 200 pairs
    assert len(results) == 400
    assert deadlocks(results) == 0
    assert not unexpected(results)
    assert of_kind(results, Reservation)


def test_control_a_and_b_against_b_and_a(monkeypatch: pytest.MonkeyPatch) -> None:
    # One statement takes both rows within microseconds: the pause lets the two meet as they would under load.
    monkeypatch.setattr(claims, "SQL", claim_statements.statements(claim=with_a_pause(UNSORTED)))
    monkeypatch.setattr(holds, "TRIES", 1)
    results = crosswise(make_screening("oo"), 3)
    assert deadlocks(results) > 0


def with_a_pause(claim: str) -> str:
    return claim.replace(
        "from owner, wanted",
        "from owner, (select seat_id, case when pg_sleep(0.05) is null then 0 end from wanted offset 0) wanted",
    )


def test_the_pause_alone_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        claims, "SQL", claim_statements.statements(claim=with_a_pause(claim_statements.CLAIM))
    )
    assert deadlocks(crosswise(make_screening("oo"), 3)) == 0


def mixed(screening: Screening, threads: int, seconds: float) -> list[Any]:
    """Claim, change, extend, sell, release and expiry, all at once on few seats, for `seconds`."""
    seats = [seat.id for seat in seat_plan_of(screening).seats]
    until = time.monotonic() + seconds

    def work(seed: int) -> Callable[[], list[Any]]:
        chance = random.Random(seed)

        def step(mine: list[uuid.UUID]) -> Any:
            act = chance.choice(["hold", "hold", "change", "extend", "sell", "release", "expire"])
            if act == "expire":
                return run_out_and_expire(chance)
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


def run_out_and_expire(chance: random.Random) -> int:
    """Let the time of one hold be over, seat by seat in order as any write must, and end what is due."""
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


def test_all_writes_mixed_by_24_threads() -> None:
    results: list[Any] = []
    for _room in range(12):  # one is enough, but for a slow machine
        results += mixed(make_screening("oooooo", "oooooo"), 24, 3.0)
        if len(of_kind(results, Reservation)) > 50 and True in results:
            break
    else:
        raise AssertionError("too little was held, or nothing was sold or released")
    assert deadlocks(results) == 0
    assert not unexpected(results)
    assert sold_twice() == 0
    assert_claims_fit_reservations()


def assert_claims_fit_reservations() -> None:
    """Every confirmed reservation has all of its seats for ever; no claim belongs to one that has ended."""
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


def test_control_all_writes_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each seat's rows in any order: deadlocks, within a second."""
    unsorted = claim_statements.LOCKED.replace(
        "order by held.screening_id, held.seat_id", "order by random()"
    )
    claim = claim_statements.CLAIM.replace("order by wanted.seat_id", "order by random()")
    monkeypatch.setattr(claims, "SQL", claim_statements.statements(claim=claim, locked=unsorted))
    screening = make_screening("oooo")
    found = 0
    for _ in range(20):
        found += deadlocks(mixed(screening, 24, 1.5))
        if found:
            break
    assert found > 0


def test_control_mixed_sales(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking before writing sells a seat twice."""
    look_then_write(monkeypatch)
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
