"""The list of a screening: counters by type, search by name, seat and code, and letting in from the list."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.door.guests import Guest, matching
from app.events.service import Screening
from tests.door.door_fixtures import Staff, another_screening, issue_tickets, verdict_kind
from tests.shop.visitor import Visitor
from tests.tickets.conftest import FULL, STUDENT


def seats(answer: TestResponse) -> list[str]:
    part = answer.text.partition('class="guest-rows"')[2]
    return re.findall(r"<b>([^<]+)</b>", part)


def counts(answer: TestResponse, number: int = 0) -> dict[str, list[int]]:
    """The rows of a table of the page: sold, inside, still to come, and outside if somebody is."""
    table = answer.text.split("<tbody>")[number + 1].partition("</tbody>")[0]
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', table, re.DOTALL)
    return {
        re.sub(r"<[^>]*>|\s+", " ", name).strip(): [int(one) for one in re.findall(r">(\d+)<", cells)]
        for name, cells in rows
    }


def test_the_list_counts_by_type_and_lets_in(staff: Staff, screening: Screening) -> None:
    back_row = replace(FULL, seat_id=90, seat_name="AA2", row_label="AA", seat_number="2")
    tenth = replace(STUDENT, seat_id=60, seat_name="F10", seat_number="10")
    full, *_ = issue_tickets(screening, FULL, back_row, tenth, STUDENT)
    issue_tickets(screening, screening_id=screening.id + 900)
    staff.scan(full.code)
    page = staff.get("/staff/guests")
    assert seats(page) == ["F7", "F8", "F10", "AA2"]
    assert counts(page) == {
        "Full price": [2, 1, 1],
        "Half: student": [2, 0, 2],
        "All": [4, 1, 3],
    }
    assert "in at " in page.text
    code = re.search(r'name="code" value="(\w+)"', page.text)
    assert code is not None
    sent = staff.send(code[1], place=f"screening-{screening.id}")
    assert verdict_kind(staff.get(sent.location)) == "in"
    assert counts(staff.get("/staff/guests"))["All"] == [4, 2, 2]


def test_a_search_finds_name_seat_and_code(screening: Screening) -> None:
    issued = issue_tickets(screening, FULL, STUDENT)
    first, second = (
        replace(one, code=code) for one, code in zip(issued, ("K7QF8M9XRT", "P2WCLAN3HD"), strict=True)
    )
    ana = Guest(first, "Ana Conceição", "Full price")
    joao = Guest(second, "", "Half: student")
    for query, found in (
        ("", [ana, joao]),
        ("conceicao ANA", [ana]),
        ("f8", [joao]),
        (f"{second.code[:4]}-{second.code[4:7]}", [joao]),
        ("ltz-4720-1", [ana]),
        ("7qf8", [ana]),
        ("qf8", []),
        ("LTZ4720", [ana, joao]),
        ("nobody", []),
    ):
        assert matching([ana, joao], query) == found, query


def test_a_page_with_a_search_keeps_the_counters(staff: Staff, screening: Screening) -> None:
    issue_tickets(screening)
    page = staff.get("/staff/guests?q=F8")
    assert seats(page) == ["F8"]
    assert "1 ticket" in page.text
    assert counts(page)["All"] == [2, 0, 2]
    assert "No ticket fits." in staff.get("/staff/guests?q=<script>").text


def test_a_site_counts_by_type_and_by_screening(app: Flask, screening: Screening) -> None:
    staff = Staff(app)
    staff.post("/staff/place", {"place": f"cinema-{screening.cinema.id}", "gate": "1"})
    later = another_screening(screening, starts_in=timedelta(minutes=90), room="Sala 1")
    full, *_ = issue_tickets(screening, FULL, replace(STUDENT, seat_id=60, seat_name="F10", seat_number="10"))
    issue_tickets(later, FULL)
    staff.scan(full.code)
    page = staff.get("/staff/guests")
    assert counts(page) == {"Full price": [2, 1, 1], "Half: student": [1, 0, 1], "All": [3, 1, 2]}
    assert list(counts(page, 1).values()) == [[2, 1, 1], [1, 0, 1]]
    assert seats(staff.get(f"/staff/guests?screening={screening.id}")) == ["F7", "F10"]


@pytest.mark.parametrize("number", ["0", "x", "999999", "9" * 30])
def test_only_screenings_of_today_have_a_list(staff: Staff, number: str) -> None:
    assert staff.get(f"/staff/guests?screening={number}").status_code == 404


def test_only_staff_see_the_list(app: Flask, screening: Screening) -> None:
    assert Staff(app, role="customer").get("/staff/guests").status_code == 403
    assert Visitor(app).get("/staff/guests").status_code == 303
