"""Names of seats: row and number are separated where a reader could confuse them."""

from __future__ import annotations

from itertools import product

import pytest

from app.core.seat_names import full_name, long_name, short_name, spoken_name


@pytest.mark.parametrize(
    ("row", "number", "name"),
    [
        ("F", "7", "F7"),
        ("AA", "12", "AA12"),
        ("1", "11", "1-11"),
        ("11", "1", "11-1"),
        ("A1", "1", "A1-1"),
        ("A", "11", "A11"),
        ("F", "7b", "F7b"),
        ("F", "B7", "F-B7"),
        ("Nº", "3", "Nº3"),
    ],
)
def test_row_and_number_are_separated_where_they_could_be_confused(row: str, number: str, name: str) -> None:
    assert short_name(row, number) == name


def test_no_two_seats_have_one_name() -> None:
    rows = ["1", "11", "111", "A", "A1", "A11", "AA", "A1B", "B1"]
    numbers = ["1", "11", "111", "1a", "11a", "B1"]
    names = [short_name(row, number) for row, number in product(rows, numbers)]
    assert len(set(names)) == len(names)


def test_the_section_comes_before_the_row() -> None:
    assert full_name("1", "5", "Balcão") == "Balcão 1-5"
    assert full_name("F", "7") == "F7"


def test_seat_names_in_sentences() -> None:
    assert long_name("pt_BR", "F", "7") == "Fila F, lugar 7"
    assert long_name("en", "1", "5", "Balcão") == "Balcão, row 1, seat 5"
    assert long_name("pt_BR", "11", "1", last="2") == "Fila 11, lugares 1 e 2"


def test_screen_readers_get_no_long_numbers() -> None:
    assert spoken_name("pt_BR", "F", "7") == "F7"
    assert spoken_name("pt_BR", "11", "1") == "Fila 11, lugar 1"
    assert spoken_name("pt_BR", "1", "5", "Balcão") == "Balcão, fila 1, lugar 5"
    assert spoken_name("en", "F", "7", "Balcão") == "Balcão, F7"
    assert spoken_name("en", "J", "1", last="2") == "J1/2"
