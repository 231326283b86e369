"""How a seat is called: apart where a reader could not tell the row from the number."""

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
def test_row_and_number_are_told_apart(row: str, number: str, name: str) -> None:
    assert short_name(row, number) == name


def test_no_two_seats_have_one_name() -> None:
    rows = ["1", "11", "111", "A", "A1", "A11", "AA", "A1B", "B1"]
    numbers = ["1", "11", "111", "1a", "11a", "B1"]
    names = [short_name(row, number) for row, number in product(rows, numbers)]
    assert len(set(names)) == len(names)


def test_a_section_stands_before() -> None:
    assert full_name("1", "5", "Balcão") == "Balcão 1-5"
    assert full_name("F", "7") == "F7"


def test_in_words() -> None:
    assert long_name("pt_BR", "F", "7") == "Fila F, lugar 7"
    assert long_name("en", "1", "5", "Balcão") == "Balcão, row 1, seat 5"
    assert long_name("pt_BR", "11", "1", last="2") == "Fila 11, lugares 1 e 2"


def test_who_listens_hears_no_long_number() -> None:
    assert spoken_name("pt_BR", "F", "7") == "F7"
    assert spoken_name("pt_BR", "11", "1") == "Fila 11, lugar 1"
    assert spoken_name("pt_BR", "1", "5", "Balcão") == "Balcão, fila 1, lugar 5"
    assert spoken_name("en", "F", "7", "Balcão") == "Balcão, F7"
    assert spoken_name("en", "J", "1", last="2") == "J1/2"
