"""Imports of a programme with sold tickets: facts that buyers rely on are protected, others change."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.core import cache, db
from app.events import service as events
from app.events.programme_import import BadProgramme, import_programme
from app.reservations import service as reservations
from tests.cli.small_programme import import_changes, only_screening, seat_ids_at, write_programme
from tests.orders import purchases


def refused(folder: Path, **changes: dict[str, Any]) -> str:
    with pytest.raises(BadProgramme) as bad:
        import_changes(folder, **changes)
    cache.clear_all()
    return "; ".join(problem.message for problem in bad.value.problems)


def test_a_new_price_does_not_change_existing_orders(database: str, tmp_path: Path) -> None:
    import_changes(tmp_path)
    screening = only_screening()
    paid = purchases.buy(screening, seat_ids_at(screening, 0))
    choosing = purchases.start(screening, seat_ids_at(screening, 1), visitor="bea")
    assert import_changes(tmp_path, prices={"price": "35,00"}) == {"screenings": 1}
    assert purchases.order(paid.token).total == 3000
    assert purchases.pay(purchases.check_out(purchases.choose(choosing))).total == 3000
    assert purchases.start(only_screening(), seat_ids_at(screening, 2), visitor="caio").total == 3500


def test_time_and_seats_of_a_sold_screening_cannot_change(database: str, tmp_path: Path) -> None:
    import_changes(tmp_path)
    screening = only_screening()
    paid = purchases.buy(screening, seat_ids_at(screening, 0, 1))
    way_out = f"call it off (cancel-screening {screening.id})"
    said = refused(tmp_path, screenings={"starts": "2035-12-01 19:00"})
    assert "has 2035-12-01 18:00 as its start, not 2035-12-01 19:00" in said
    assert way_out in said
    assert "its seats stay" in refused(tmp_path, rooms={"rows": ["A sss", "B ssss"]})
    assert only_screening() == screening
    assert purchases.order(paid.token).state == "paid"


def test_a_screening_missing_from_the_file_stays_on_sale(database: str, tmp_path: Path) -> None:
    import_changes(tmp_path)
    screening = only_screening()
    assert import_changes(tmp_path, screenings={"ref": "d2-1", "starts": "2035-12-02 18:00"}) == {}
    assert only_screening() == screening


CHANGES: dict[str, tuple[dict[str, dict[str, Any]], str]] = {
    "version": ({"screenings": {"version": "dubbed"}}, "keeps its version original (not dubbed)"),
    "format": ({"screenings": {"format": "3D"}}, "keeps its format 2D (not 3D)"),
    "length": (
        {"films": {"duration_minutes": 130}},
        "keeps its length of 120 minutes (not 130; a column minutes with 120 keeps it)",
    ),
    "own length": ({"screenings": {"minutes": 90}}, "keeps its length of 120 minutes (not 90"),
    "film": ({"films": {"slug": "aurora"}, "screenings": {"film": "aurora"}}, "has limite as its film"),
    "hour": ({"screenings": {"starts": "2035-12-01 18:30"}}, "has 2035-12-01 18:00 as its start"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_language_format_and_length_of_a_sold_screening_cannot_change(
    database: str, tmp_path: Path, what: str
) -> None:
    import_changes(tmp_path)
    screening = only_screening()
    purchases.buy(screening, seat_ids_at(screening, 0, 1))
    changes, said = CHANGES[what]
    problem = refused(tmp_path, **changes)
    assert f"screening 'd1-1' {said}" in problem
    assert f"cancel-screening {screening.id}" in problem
    assert only_screening() == screening


def test_a_held_seat_protects_a_screening_and_one_error_lists_all_changes(
    database: str, tmp_path: Path
) -> None:
    import_changes(tmp_path)
    screening = only_screening()
    purchases.start(screening, seat_ids_at(screening, 0))
    problem = refused(tmp_path, screenings={"version": "dubbed", "format": "3D"})
    assert (
        "keeps its version original (not dubbed) and its format 2D (not 3D): 1 seat is sold or held."
        in problem
    )


def test_a_screening_without_buyers_can_change(database: str, tmp_path: Path) -> None:
    import_changes(tmp_path)
    changes = {"version": "dubbed", "format": "3D", "minutes": 130}
    assert import_changes(tmp_path, screenings=changes) == {"screenings": 1}
    corrected = only_screening()
    assert (corrected.version, corrected.format) == ("dubbed", "3D")
    assert corrected.ends_at - corrected.starts_at == timedelta(minutes=145)


def test_ended_and_cancelled_screenings_can_change(database: str, tmp_path: Path) -> None:
    import_changes(tmp_path)
    screening = only_screening()
    purchases.buy(screening, seat_ids_at(screening, 0))
    with db.transaction():
        events.cancel_screening(screening.id, "projector")
    assert import_changes(tmp_path, screenings={"version": "dubbed"}) == {"screenings": 1}


def test_a_new_hold_waits_for_a_running_import(database: str, tmp_path: Path) -> None:
    """Otherwise the seats would be held and sold for a revision that is about to change."""
    import_changes(tmp_path)
    screening = only_screening()
    free = seat_ids_at(screening, 0)
    with ThreadPoolExecutor(1) as pool:
        with db.transaction():
            import_programme(
                [write_programme(tmp_path, screenings={"version": "dubbed"})], taken=reservations.occupancy
            )
            basket = pool.submit(purchases.start, screening, free)
            wait_until_a_session_waits_for_a_lock(basket)
        assert basket.result(timeout=30).state == "draft"
    assert only_screening().version == "dubbed"


def wait_until_a_session_waits_for_a_lock(running: Future[Any]) -> None:
    # Count the waiting locks of this database only: other tests run at the same time. pg_stat_activity is a snapshot.
    query = text(
        "select count(*) from pg_locks where not granted and pid in"
        " (select pid from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database())"
    )
    deadline = time.monotonic() + 30
    while not db.session().execute(query).scalar_one():
        assert not running.done(), "the seats were held while the import was still open"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_seats_of_a_sold_auditorium_can_be_taken_off_sale_and_put_back(database: str, tmp_path: Path) -> None:
    import_changes(tmp_path)
    screening = only_screening()
    paid = purchases.buy(screening, seat_ids_at(screening, 0))
    assert import_changes(tmp_path, rooms={"not_sold": ["A1", "A2"]}) == {"rooms": 1}
    with db.reading():
        plan = events.seat_plan(screening.auditorium_id)
    assert [seat.name for seat in plan.seats if not seat.for_sale] == ["A1", "A2"]
    assert only_screening().capacity == 6
    assert purchases.valid_tickets(paid) == ["A1"]
    assert import_changes(tmp_path, rooms={"not_sold": ["A1", "A2"]}) == {}
    assert import_changes(tmp_path) == {"rooms": 1}
    assert only_screening() == screening


def test_a_zone_put_on_sale_needs_a_price_at_each_screening(database: str, tmp_path: Path) -> None:
    rows = {"rows": ["A ssss", "B house ssss"]}
    import_changes(tmp_path, rooms=rows | {"not_sold_zones": ["house"]})
    assert only_screening().from_price == 3000
    other = {"ref": "d2-1", "starts": "2035-12-02 18:00", "price_list": "none"}
    said = refused(tmp_path, rooms=rows, screenings=other, prices={"price_list": "none", "zone": "house"})
    assert "the zone 'house' is to be sold, but 'd1-1' has no price for it: import the screenings too" in said
