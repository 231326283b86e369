"""Seating plans of pretix: areas with the same rows, the end of the screen, and all faults in one error."""

from __future__ import annotations

from typing import Any

import pytest

from app.events.auditorium_plans import PlanError
from app.events.pretix_plans import plan_from_pretix

Row = tuple[str | None, list[str], float]


def area(
    name: str | None, *rows: Row, x: float = 0, texts: tuple[tuple[str, float], ...] = ()
) -> dict[str, Any]:
    """Return an area of a plan: rows of (name, numbers, y), and texts with their y."""
    return {
        "name": name,
        "position": {"x": x, "y": 0},
        "rows": [
            {
                "row_number": label,
                "position": {"x": 0, "y": y},
                "seats": [
                    {
                        "seat_guid": f"{name}-{label}-{number}-{place}",
                        "seat_number": number,
                        "position": {"x": place * 25, "y": 0},
                        "category": "Sala",
                    }
                    for place, number in enumerate(numbers)
                ],
            }
            for label, numbers, y in rows
        ],
        "areas": [
            {
                "shape": "text",
                "position": {"x": 10, "y": y},
                "text": {"text": text, "position": {"x": 0, "y": 0}},
            }
            for text, y in texts
        ],
    }


def plan(*areas: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "Teatro",
        "categories": [{"name": "Sala", "color": "#fff"}],
        "size": {"width": 500, "height": 500},
        "zones": list(areas),
    }


FIVE = ["1", "2", "3", "4", "5"]


def faults(plan: dict[str, Any], **options: Any) -> list[str]:
    with pytest.raises(PlanError) as refused:
        plan_from_pretix(plan, **options)
    return [str(fault) for fault in refused.value.faults]


def test_areas_with_the_same_rows_become_sections() -> None:
    read = plan_from_pretix(plan(area("Plateia", ("1", FIVE, 0)), area("Balcão", ("1", FIVE, 200))))
    assert [(seat.section, seat.row_label, seat.number, seat.row_index) for seat in read.seats] == [
        *(("Plateia", "1", number, 0) for number in FIVE),
        *(("Balcão", "1", number, 1) for number in FIVE),
    ]


def test_areas_with_unique_seats_have_no_section() -> None:
    left, right = area("Esquerda", ("A", ["1", "2"], 0)), area("Direita", ("A", ["3", "4"], 0), x=100)
    read = plan_from_pretix(plan(left, right))
    assert [(seat.section, seat.number, seat.row_index, seat.column) for seat in read.seats] == [
        ("", "1", 0, 0),
        ("", "2", 0, 1),
        ("", "3", 0, 4),
        ("", "4", 0, 5),
    ]


def test_areas_side_by_side_share_rows() -> None:
    left, right = area("Lado A", ("1", FIVE, 0)), area("Lado B", ("1", FIVE, 3), x=200)
    read = plan_from_pretix(plan(left, right, area("Balcão", ("1", FIVE, 90))))
    assert [(seat.section, seat.row_index) for seat in read.seats] == [
        *[("Lado A", 0)] * 5,
        *[("Lado B", 0)] * 5,
        *[("Balcão", 1)] * 5,
    ]


def test_areas_with_the_same_seats_need_names() -> None:
    same = plan(area("Plateia", ("1", ["1"], 0)), area("Plateia", ("1", ["1"], 90)))
    assert [fault for fault in faults(same) if "guid" not in fault] == [
        "zone 'Plateia', row 1 has two seats 1"
    ]
    unnamed = plan(area(None, ("1", ["1"], 0)), area("Balcão", ("1", ["1"], 90)))
    assert faults(unnamed) == ["zones that have the same rows need a name each, and one of them has none"]


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_row_without_a_name_is_refused(name: str | None) -> None:
    bad = plan(area("Balcão", ("A", ["1"], 0), (name, FIVE, 30)))
    assert faults(bad) == [
        "zone 'Balcão', the row at place 2 (seats 1, 2, 3, 4, 5 …) has no row_number: "
        "give it a name, by which people find it"
    ]


def test_one_error_names_all_faults() -> None:
    bad = plan(
        area("Plateia", ("A", ["1", "2", "2"], 0), ("B", ["1", ""], 30)),
        area("Balcão", ("C", ["1", "2"], 60)),
    )
    seats = [seat for part in bad["zones"] for row in part["rows"] for seat in row["seats"]]
    seats[3]["seat_guid"] = seats[5]["seat_guid"] = seats[0]["seat_guid"]
    seats[6]["category"] = "Camarote"
    assert faults(bad) == [
        "zone 'Plateia', row B, seat 1: the seat_guid 'Plateia-A-1-0' appears twice, before it at zone 'Plateia', "
        "row A, seat 1 (--new-guids takes the later one for a seat of its own)",
        "zone 'Plateia', row B has a seat without a seat_number",
        "zone 'Balcão', row C, seat 1: the seat_guid 'Plateia-A-1-0' appears twice, before it at zone 'Plateia', "
        "row A, seat 1 (--new-guids takes the later one for a seat of its own)",
        "zone 'Balcão', row C, seat 2 is of the unknown category 'Camarote'",
        "zone 'Plateia', row A has two seats 2",
    ]


def test_repeated_guids_may_be_renewed() -> None:
    twice = plan(area("Sala", ("A", FIVE, 0)))
    for seat in twice["zones"][0]["rows"][0]["seats"]:
        seat["seat_guid"] = "one"
    assert len(faults(twice)) == 4
    read = plan_from_pretix(twice, new_guids=True)
    assert [seat.number for seat in read.seats] == FIVE
    assert "4 seats had the seat_guid of another one" in read.note


def from_the_screen(read: Any) -> list[str]:
    return list(dict.fromkeys(seat.row_label for seat in sorted(read.seats, key=lambda seat: seat.row_index)))


ROWS: tuple[Row, ...] = tuple((label, FIVE, place * 30.0) for place, label in enumerate("EDCBA"))


@pytest.mark.parametrize("text", ["PALCO", "Stage", "TELA", "SCREEN", "S T A G E", "Écran", "Tela / Screen"])
def test_texts_of_the_plan_give_the_screen_end(text: str) -> None:
    below = plan_from_pretix(plan(area("Sala", *ROWS, texts=((text, 170),))))
    assert from_the_screen(below) == list("ABCDE")
    assert f"at the bottom, where the plan says {text!r}" in below.note
    # Turned round, not mirrored: seat 1 changes its side too.
    assert {seat.number: seat.column for seat in below.seats if seat.row_label == "A"}["1"] == 4
    above = plan_from_pretix(plan(area("Sala", *ROWS, texts=((text, -40), ("Saída", 200)))))
    assert from_the_screen(above) == list("EDCBA")
    assert f"at the top, where the plan says {text!r}" in above.note


def test_without_a_text_the_note_asks_for_the_screen_end() -> None:
    read = plan_from_pretix(plan(area("Sala", *ROWS, texts=(("Saída", 170), ("Fosso do palquinho", 170)))))
    assert from_the_screen(read) == list("EDCBA")
    assert "is it? say it in the column screen" in read.note


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        ((("PALCO", 60.0),), "between the seats or beside them"),
        ((("PALCO", -40.0), ("TELA", 170.0)), "at both ends"),
    ],
)
def test_an_unclear_screen_end_is_refused(texts: tuple[tuple[str, float], ...], where: str) -> None:
    unclear = plan(area("Sala", *ROWS, texts=texts))
    (fault,) = faults(unclear)
    assert "at which end is the screen?" in fault
    assert where in fault
    assert from_the_screen(plan_from_pretix(unclear, screen="bottom")) == list("ABCDE")


def test_the_column_screen_overrides_the_plan() -> None:
    below = plan(area("Sala", *ROWS, texts=(("PALCO", 170),)))
    read = plan_from_pretix(below, screen="top")
    assert from_the_screen(read) == list("EDCBA")
    assert read.note == ""
