"""Plans of auditoriums as text, and seating plans of pretix."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.events.auditorium_plans import PlanError, PlannedRow, seats_of
from app.events.pretix_plans import plan_from_pretix
from app.events.seat_marks import with_kinds
from app.events.seating_plans import plan_from_file, plan_from_lines


def test_each_letter_is_a_seat() -> None:
    seats = seats_of([PlannedRow("A", "WCs_Bbs_LLLL")])
    assert [(seat.number, seat.column, seat.width, seat.kind) for seat in seats] == [
        ("1", 0, 1, "wheelchair"),
        ("2", 1, 1, "companion"),
        ("3", 2, 1, "standard"),
        ("4", 4, 2, "wide"),
        ("5", 6, 1, "standard"),
        ("6", 8, 1, "love"),
        ("7", 9, 1, "love"),
        ("8", 10, 1, "love"),
        ("9", 11, 1, "love"),
    ]
    assert seats[1].companion_of == 0
    assert [seat.companion_of for seat in seats[5:]] == [None, 8, None, 10]


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ("ssx", "'x' at column 3"),
        ("sbs", "`b` at column 2"),
        ("sB", "`B` at column 2"),
        ("sCs", "not next to a `W`"),
        ("LLL", "one half only"),
    ],
)
def test_the_error_names_row_and_column(cells: str, wrong: str) -> None:
    with pytest.raises(PlanError, match=wrong):
        seats_of([PlannedRow("A", cells)])


def test_row_names_are_unique() -> None:
    with pytest.raises(PlanError, match="A appears twice"):
        seats_of([PlannedRow("A", "ss"), PlannedRow("A", "ss")])


def test_lines_with_zones_and_remarks() -> None:
    plan = plan_from_lines(
        ["# our room", "zone balcony = Balcão / Balcony", "", "A ss_ss", "B balcony sss # top"]
    )
    assert [(seat.row_label, seat.zone) for seat in plan.seats][3:5] == [("A", "standard"), ("B", "balcony")]
    assert plan.zone_names["balcony"] == ("Balcão", "Balcony")


@pytest.mark.parametrize("lines", [["A"], ["A b c d"], [], ["zone Bad Name"], ["ABCDE ss"]])
def test_invalid_lines_are_refused(lines: list[str]) -> None:
    with pytest.raises(PlanError):
        plan_from_lines(lines)


def pretix_plan(**changes: Any) -> dict[str, Any]:
    def seat(row: str, number: int, x: float) -> dict[str, Any]:
        return {
            "seat_guid": f"{row}-{number}",
            "seat_number": str(number),
            "position": {"x": x, "y": 0},
            "category": "VIP" if row == "B" else "Platéia",
        }

    plan = {
        "name": "Teatro",
        "categories": [{"name": "Platéia", "color": "#fff"}, {"name": "VIP", "color": "#000"}],
        "size": {"width": 400, "height": 200},
        "zones": [
            {
                "name": "Hall",
                "position": {"x": 100, "y": 50},
                "rows": [
                    {
                        "row_number": "B",
                        "position": {"x": 0, "y": 30},
                        "seats": [seat("B", n, n * 25) for n in (1, 2)],
                    },
                    {
                        "row_number": "A",
                        "position": {"x": 0, "y": 0},
                        "seats": [seat("A", n, x) for n, x in ((1, 0), (2, 25.4), (3, 49.8), (4, 100))],
                    },
                ],
                "areas": [],
            }
        ],
    }
    return plan | changes


def test_pretix_positions_become_rows_and_columns() -> None:
    plan = plan_from_pretix(pretix_plan())
    assert [(seat.row_label, seat.number, seat.row_index, seat.column, seat.zone) for seat in plan.seats] == [
        ("A", "1", 0, 0, "plateia"),
        ("A", "2", 0, 1, "plateia"),
        ("A", "3", 0, 2, "plateia"),
        ("A", "4", 0, 4, "plateia"),
        ("B", "1", 1, 1, "vip"),
        ("B", "2", 1, 2, "vip"),
    ]
    assert plan.zone_names["plateia"] == ("Platéia", "Platéia")


def test_kinds_are_given_beside_a_pretix_plan() -> None:
    plan = with_kinds(plan_from_pretix(pretix_plan()), {"wheelchair": ["A1"], "companion": ["A2"]})
    kinds = {f"{seat.row_label}{seat.number}": (seat.kind, seat.companion_of) for seat in plan.seats}
    assert kinds["A1"] == ("wheelchair", None)
    assert kinds["A2"] == ("companion", 0)
    wrong: Mapping[str, list[str]]
    for wrong in ({"wheelchair": ["Z9"]}, {"companion": ["A4"]}):
        with pytest.raises(PlanError):
            with_kinds(plan, wrong)


def test_contradictory_pretix_plans_are_refused() -> None:
    twice = pretix_plan()
    twice["zones"][0]["rows"][0]["seats"][0]["seat_guid"] = "A-1"
    stray = pretix_plan(categories=[{"name": "VIP", "color": "#000"}])
    same = pretix_plan()
    same["zones"][0]["rows"][1]["seats"][1]["seat_number"] = "1"
    for plan, wrong in ((twice, "appears twice"), (stray, "unknown category"), (same, "two seats 1")):
        with pytest.raises(PlanError, match=wrong):
            plan_from_pretix(plan)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"zones": 1, "categories": []}', "null"])
def test_broken_plan_files_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content)
    with pytest.raises(PlanError):
        plan_from_file(path)
    with pytest.raises(PlanError, match="cannot be read"):
        plan_from_file(tmp_path / "none.json")


def test_a_plan_file_of_either_kind(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(pretix_plan()))
    (tmp_path / "plan.txt").write_text("A ss_ss\n")
    assert len(plan_from_file(tmp_path / "plan.json").seats) == 6
    assert len(plan_from_file(tmp_path / "plan.txt").seats) == 4
