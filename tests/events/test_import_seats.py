"""The import of seats: numeric rows, sections, the end of the screen, and seats not for sale."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.core import cache, db
from app.core.half_price import quota
from app.events import service as events
from app.events.programme_import import BadProgramme, import_programme
from app.events.service import SeatPlan
from app.reservations import service as reservations
from tests.events.programme_files import CINEMAS, FILMS, PRICES, SCREENINGS, ProgrammeFolder, all_rows
from tests.events.test_pretix_plans import FIVE, ROWS, area, plan


def room(folder: ProgrammeFolder) -> SeatPlan:
    cache.clear_all()
    with db.reading():
        (screening, *_) = events.screenings_of_film(events.film("limite").id, events.now())
        return events.seat_plan(screening.auditorium_id)


def with_plan(
    folder: ProgrammeFolder, content: str | dict[str, Any], columns: str = "", cells: str = ""
) -> str:
    """Return the file of auditoriums with this plan, and further `columns` with their `cells`."""
    name = "plan.txt" if isinstance(content, str) else "plan.json"
    (folder.path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return f"cinema,label,plan{columns}\nmatriz,1,{name}{cells}\n"


@pytest.mark.parametrize(
    ("content", "count"),
    [
        ("1 sssssssssss\n11 s\n", 12),
        ("".join(f"{row} ssssss_ssssssss\n" for row in range(1, 13)), 168),
        ("1 ssssssssssLL\n11 s\n", 13),
    ],
)
def test_an_auditorium_with_numeric_rows_is_imported(
    folder: ProgrammeFolder, content: str, count: int
) -> None:
    folder.import_files(rooms=with_plan(folder, content))
    seats = room(folder).seats
    assert len(seats) == len({seat.name for seat in seats}) == count
    assert {"1-11", "11-1"} <= {seat.name for seat in seats}


def test_seat_names_begin_with_their_section(folder: ProgrammeFolder) -> None:
    theatre = plan(area("Plateia", ("1", FIVE, 0)), area("Balcão", ("1", FIVE, 200)))
    theatre["categories"][0]["name"] = "Standard"
    for part in theatre["zones"]:
        for seat in part["rows"][0]["seats"]:
            seat["category"] = "Standard"
    rooms = with_plan(folder, theatre, ",wheelchair", ",balcao:1-5")
    folder.import_files(rooms=rooms)
    names = [seat.name for seat in room(folder).seats]
    assert names == [f"{part} 1-{number}" for part in ("Plateia", "Balcão") for number in FIVE]
    assert [seat.name for seat in room(folder).seats if seat.kind == "wheelchair"] == ["Balcão 1-5"]
    before = all_rows()
    folder.import_files(rooms=rooms)
    assert all_rows() == before


def test_all_faults_of_a_plan_are_reported(folder: ProgrammeFolder) -> None:
    rooms = with_plan(folder, "A sx\nB ss\nB s\nC bs\n", ",wheelchair", ",Z9")
    assert folder.problems(rooms=rooms) == [
        "plan.txt:1: the plan of room matriz 1 at rooms.csv:2: row A: 'x' at column 2 is no kind of seat",
        "plan.txt:3: the plan of room matriz 1 at rooms.csv:2: row B appears twice",
        "plan.txt:4: the plan of room matriz 1 at rooms.csv:2: row C: `b` at column 1 must follow `B`",
    ]
    rooms = with_plan(folder, "1 sssssssssss\n11 s\n", ",wheelchair,not_sold", ",111 7-7,Z9")
    assert folder.problems(rooms=rooms) == [
        "rooms.csv:2: wheelchair: seat 111 may be row 1, seat 11 (write 1-11) or row 11, seat 1 (write 11-1)",
        "rooms.csv:2: wheelchair: there is no seat 7-7",
        "rooms.csv:2: not_sold: there is no seat Z9",
    ]


def test_seats_not_for_sale_do_not_count_in_the_capacity(folder: ProgrammeFolder) -> None:
    rooms = with_plan(folder, "A ssss\nB vip ssss\nC house ss\n", ",not_sold,not_sold_zones", ",A1 A2,house")
    report = folder.import_files(rooms=rooms)
    with db.reading():
        (screening, *_) = events.screenings_of_film(events.film("limite").id, events.now())
        assert (screening.capacity, quota(screening.capacity)) == (6, 3)
        assert sorted(screening.prices.values()) == [3200, 4000]
    assert [seat.name for seat in room(folder).seats if not seat.for_sale] == ["A1", "A2", "C1", "C2"]
    assert report.rooms == ["room matriz 1: 4 of its 10 places are not sold"]
    before = all_rows()
    folder.import_files(rooms=rooms)
    assert all_rows() == before


def test_a_category_not_for_sale_needs_no_price(folder: ProgrammeFolder) -> None:
    hall = plan(area("Sala", ("A", FIVE, 0)))
    hall["categories"] = [{"name": "Standard", "color": "#fff"}, {"name": "NOT AVAILABLE", "color": "#000"}]
    for place, seat in enumerate(hall["zones"][0]["rows"][0]["seats"]):
        seat["category"] = "NOT AVAILABLE" if place > 2 else "Standard"
    folder.import_files(rooms=with_plan(folder, hall))
    assert [seat.number for seat in room(folder).seats if not seat.for_sale] == ["4", "5"]
    assert "no price for the room's zone 'not-available' (one that nobody may buy" in refused(
        folder, with_plan(folder, hall, ",not_sold_zones", ",none")
    )


def refused(folder: ProgrammeFolder, rooms: str) -> str:
    with pytest.raises(BadProgramme) as bad:
        folder.import_files(rooms=rooms)
    return "; ".join(problem.message for problem in bad.value.problems)


def stage_below() -> dict[str, Any]:
    hall = plan(area("Sala", *ROWS, texts=(("PALCO", 170.0),)))
    hall["categories"][0]["name"] = "Standard"
    for row in hall["zones"][0]["rows"]:
        for seat in row["seats"]:
            seat["category"] = "Standard"
    return hall


def test_the_row_next_to_the_stage_is_the_first(folder: ProgrammeFolder) -> None:
    report = folder.import_files(rooms=with_plan(folder, stage_below()))
    assert [row[0].row_label for row in room(folder).rows] == list("ABCDE")
    assert report.rooms == [
        "room matriz 1: the screen is taken to be at the bottom, where the plan says 'PALCO'"
    ]


def test_the_error_for_a_rotated_plan_says_how_to_keep_the_seats(folder: ProgrammeFolder) -> None:
    folder.import_files(rooms=with_plan(folder, stage_below(), ",screen", ",top"))
    said = refused(folder, with_plan(folder, stage_below()))
    assert "its seats stay; the screen was at the other end: say so in the column screen" in said
    assert folder.import_files(rooms=with_plan(folder, stage_below(), ",screen", ",top")).same["rooms"] == 1


def test_repeated_guids_are_renewed_when_asked(folder: ProgrammeFolder) -> None:
    hall = stage_below()
    rows = hall["zones"][0]["rows"]
    for row in rows[1:4]:
        row["seats"][0]["seat_guid"] = rows[0]["seats"][0]["seat_guid"]
    rooms = with_plan(folder, hall)
    assert refused(folder, rooms).count("appears twice, before it at zone 'Sala', row E, seat 1") == 3
    for name, content in (
        ("rooms.csv", rooms),
        ("cinemas.csv", CINEMAS),
        ("films.csv", FILMS),
        ("screenings.csv", SCREENINGS),
        ("prices.csv", PRICES),
    ):
        (folder.path / name).write_text(content)
    with db.transaction():
        report = import_programme(
            sorted(folder.path.glob("*.csv")), taken=reservations.occupancy, new_guids=True
        )
    assert len(room(folder).seats) == 25
    assert "3 seats had the seat_guid of another one" in report.rooms[0]
