"""Seats marked by name: their kinds, and those not for sale."""

from __future__ import annotations

import pytest

from app.events.auditorium_plans import AuditoriumPlan, PlanError, PlannedSeat, turned
from app.events.seat_marks import with_kinds, with_not_sold
from app.events.seating_plans import plan_from_lines


def kinds_of(plan: AuditoriumPlan) -> dict[tuple[str, str], str]:
    return {(seat.row_label, seat.number): seat.kind for seat in plan.seats if seat.kind != "standard"}


def not_sold(plan: AuditoriumPlan) -> list[tuple[str, str]]:
    return [(seat.row_label, seat.number) for seat in plan.seats if not seat.for_sale]


def in_sections(*sections: str) -> AuditoriumPlan:
    seats = [
        PlannedSeat("1", index, str(number), number, 1, "standard", "standard", None, section=section)
        for index, section in enumerate(sections)
        for number in (1, 2)
    ]
    return AuditoriumPlan(tuple(seats), {})


@pytest.mark.parametrize(
    "lines",
    [
        ["1 sssssssssss", "11 s"],
        [f"{row} ssssss_ssssssss" for row in range(1, 13)],
        ["1 ssssssssssLL", "11 s"],
        ["A sssssssssss", "A1 s"],
    ],
)
def test_numeric_rows_keep_all_seats(lines: list[str]) -> None:
    plan = plan_from_lines(lines)
    marked = with_not_sold(with_kinds(plan, {"wheelchair": []}), [], None)
    assert marked.seats == plan.seats


def test_a_seat_is_found_by_row_and_number() -> None:
    plan = plan_from_lines(["1 sssssssssss", "11 s", "A ss"])
    marked = with_kinds(plan, {"wheelchair": ["11-1", "A-1"], "wide": ["1-11", "A2", "12"]})
    assert kinds_of(marked) == {
        ("11", "1"): "wheelchair",
        ("1", "11"): "wide",
        ("A", "1"): "wheelchair",
        ("A", "2"): "wide",
        ("1", "2"): "wide",
    }


def test_an_ambiguous_name_is_refused_with_both_seats() -> None:
    plan = plan_from_lines(["1 sssssssssss", "11 s"])
    with pytest.raises(PlanError) as refused:
        with_kinds(plan, {"wide": ["111"]})
    assert str(refused.value) == (
        "wide: seat 111 may be row 1, seat 11 (write 1-11) or row 11, seat 1 (write 11-1)"
    )


@pytest.mark.parametrize("name", ["balcao-nobre:1-2", "Balcão Nobre:1-2", "Balcão Nobre 1-2"])
def test_a_seat_is_found_by_its_section(name: str) -> None:
    plan = with_not_sold(in_sections("Plateia", "Balcão Nobre"), [name], None)
    assert [(seat.section, seat.number) for seat in plan.seats if not seat.for_sale] == [
        ("Balcão Nobre", "2")
    ]


def test_a_seat_of_several_sections_needs_its_section() -> None:
    with pytest.raises(PlanError, match=r"write plateia:1-2\) or Balcão, row 1, seat 2 \(write balcao:1-2\)"):
        with_not_sold(in_sections("Plateia", "Balcão"), ["1-2"], None)


def test_all_wrong_names_are_reported() -> None:
    plan = plan_from_lines(["A ssss"])
    with pytest.raises(PlanError) as refused:
        with_kinds(plan, {"wheelchair": ["A9", "A1"], "companion": ["A4"]})
    assert [str(fault) for fault in refused.value.faults] == [
        "wheelchair: there is no seat A9",
        "the companion's seat A-4 is not next to a wheelchair space",
    ]


def test_seats_and_zones_not_for_sale() -> None:
    plan = plan_from_lines(["A ss", "B vip ss", "C house ss"])
    assert not_sold(with_not_sold(plan, ["A2"], ["house"])) == [("A", "2"), ("C", "1"), ("C", "2")]
    with pytest.raises(PlanError, match="there is no zone 'balcony'; there are house, standard, vip"):
        with_not_sold(plan, [], ["balcony"])


def test_the_name_of_a_zone_can_mark_it_as_not_for_sale() -> None:
    plan = plan_from_lines(["A ss", "B not-available ss", "C indisponivel s"])
    assert not_sold(with_not_sold(plan, [], None)) == [("B", "1"), ("B", "2"), ("C", "1")]
    assert not_sold(with_not_sold(plan, [], ["none"])) == []
    assert not_sold(with_not_sold(plan, [], ["indisponivel"])) == [("C", "1")]


def test_one_place_of_a_love_seat_cannot_be_taken_off_sale() -> None:
    plan = plan_from_lines(["J LLLL"])
    assert not_sold(with_not_sold(plan, ["J1", "J2"], None)) == [("J", "1"), ("J", "2")]
    for half in ("J1", "J2"):
        with pytest.raises(PlanError, match="half of a love seat"):
            with_not_sold(plan, [half], None)


def test_a_rotated_plan_keeps_its_neighbours() -> None:
    plan = plan_from_lines(["A WCs_Bb", "B _LLss"])
    seats = {(seat.row_label, seat.number): seat for seat in turned(plan.seats)}
    assert (seats["B", "1"].row_index, seats["A", "1"].row_index) == (0, 1)
    assert [seats["A", number].column for number in ("4", "3", "2", "1")] == [0, 3, 4, 5]
    assert seats["A", "2"].companion_of == seats["A", "1"].column
    assert seats["B", "2"].companion_of == seats["B", "1"].column
    assert turned(turned(plan.seats)) == plan.seats
    assert plan_from_lines(["A WCs_Bb", "B _LLss"], screen="bottom").seats == turned(plan.seats)
