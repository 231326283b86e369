"""Auditoriums wider than the screen, and long row names: row names stay readable at every scroll position."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.journeys.journey_data import Journey
from tests.reservations.auditoriums import rename_rows

NewPage = Callable[..., Page]

# For the two names of each row in the map: whether they are completely visible and not covered.
COVERED = """
hall => {
  const view = hall.getBoundingClientRect();
  return [...hall.querySelectorAll(".row > b")].filter((name) => {
    const words = document.createRange();
    words.selectNodeContents(name);
    const box = words.getBoundingClientRect();
    if (name.scrollWidth > name.clientWidth || box.left < view.left || box.right > view.right + 0.5) return true;
    const own = name.getBoundingClientRect();
    if (box.left < own.left - 0.5 || box.right > own.right + 0.5) return true;
    const ground = getComputedStyle(name).backgroundColor;
    const beneath = document.elementsFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const seats = beneath.filter((one) => one.matches("input"));
    return beneath[0] !== name || (seats.length > 0 && ground === "rgba(0, 0, 0, 0)");
  }).map((name) => name.textContent);
}
"""


def open_map(new_page: NewPage, journey: Journey, width: int, *rows: str, names: list[str]) -> Page:
    screening = journey.make_screening(*rows)
    rename_rows(screening, **{chr(ord("A") + place): name for place, name in enumerate(names)})
    page = new_page(viewport={"width": width, "height": 800})
    journey.open_map(page, screening)
    page.locator(".map").scroll_into_view_if_needed()
    return page


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    "names", [["CA", "CB", "CI"], ["WW10", "MM88", "A"]], ids=["two signs", "four signs"]
)
def test_row_names_are_visible_at_every_scroll_position(
    journey: Journey, new_page: NewPage, width: int, names: list[str]
) -> None:
    page = open_map(new_page, journey, width, *["o" * 45] * 3, names=names)
    hall = page.locator("[data-hall]")
    for share in (0, 0.07, 0.5, 0.93, 1):
        hall.evaluate(
            "(hall, share) => { hall.scrollLeft = share * (hall.scrollWidth - hall.clientWidth) }", share
        )
        assert hall.evaluate(COVERED) == [], share


@pytest.mark.parametrize("width", [360, 1280])
def test_neighbouring_seats_do_not_touch(journey: Journey, new_page: NewPage, width: int) -> None:
    page = open_map(new_page, journey, width, "o" * 22, "v" * 22, names=["A", "B"])
    seat = page.locator(".map .v").first
    between = seat.evaluate("seat => getComputedStyle(seat).backgroundSize")
    found = re.search(r"100% - ([\d.]+)px", between)
    assert found is not None, between
    # The armrests end at the sides of a usual seat: 4 of its 25 units are the gap between two seats.
    unit = seat.evaluate("seat => seat.offsetWidth") / 25
    assert float(found[1]) >= 3.9 * unit


def test_seats_of_numeric_rows_are_named_in_all_steps(journey: Journey, new_page: NewPage) -> None:
    page = open_map(new_page, journey, 1280, "o" * 12, "oo", names=["1", "11"])
    page.locator("[id='11-1']").check(force=True)
    page.locator("[id='1-11']").check(force=True)
    lines = page.locator("[data-seat-lines] li").all_text_contents()
    assert [re.split(r"\s*R\$", line)[0].strip() for line in lines] == [
        "1-11Fila 1, lugar 11",
        "11-1Fila 11, lugar 1",
    ]
