"""Files as spreadsheets write them: accepted if nothing is lost, otherwise one error with a remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.core import cache, db
from app.events import service as events
from app.events.programme_import import BadProgramme
from app.events.service import Screening
from tests.events.programme_files import (
    CINEMAS,
    DEFAULT_FILES,
    FILMS,
    PRICES,
    ROOMS,
    SCREENINGS,
    ProgrammeFolder,
)

SIX = datetime(2030, 12, 1, 21, 0, tzinfo=UTC)  # 18:00 in Recife


def programme() -> list[Screening]:
    cache.clear_all()
    with db.reading():
        return events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())


def trailing(text: str) -> str:
    """Add two empty columns to every line outside of quotes."""
    return "".join(
        line if line.count('"') % 2 else line.rstrip("\n") + ",,\n" for line in text.splitlines(keepends=True)
    )


AS_SAVED: dict[str, Callable[[str], str]] = {
    "empty columns at the end": lambda text: trailing(text) if "\nduas" not in text else text,
    "a blank first line": lambda text: "\n" + text,
    "a first line of empty cells": lambda text: ",,,,\n" + text,
    "a line that names the separator": lambda text: "sep=,\n" + text,
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "empty lines at the end": lambda text: text + ",,,\n\n,\n",
    "quotes around the names of the columns": lambda text: (
        ",".join(f'"{name}"' for name in text.partition("\n")[0].split(",")) + "\n" + text.partition("\n")[2]
    ),
    "signs of no width": lambda text: "\u200b" + text.replace(",", "\u2060,\ufeff", 1),
}


@pytest.mark.parametrize("saved", AS_SAVED)
def test_additions_of_spreadsheets_are_ignored(folder: ProgrammeFolder, saved: str) -> None:
    folder.import_files(
        **{name.removesuffix(".csv"): AS_SAVED[saved](text) for name, text in DEFAULT_FILES.items()}
    )
    assert [screening.film.slug for screening in programme()] == ["limite", "aurora"]
    assert programme()[0].film.synopsis == "Um bote, duas linhas."


def test_rows_without_their_last_empty_cells_are_accepted(folder: ProgrammeFolder) -> None:
    folder.import_files(films=FILMS.replace("F. W. Murnau,94,12,Drama,", "F. W. Murnau,94,12"))
    assert programme()[1].film.genres == ()


def test_semicolons_and_a_comma_in_the_first_lines_quotes(folder: ProgrammeFolder) -> None:
    folder.import_files(prices='price_list;zone;price\ntuesday;standard;32,00\ntuesday;vip;"40,00"\n')
    assert sorted(programme()[0].prices.values()) == [3200, 4000]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_other_unicode_encodings_are_accepted(folder: ProgrammeFolder, encoding: str) -> None:
    mark = "" if encoding in ("utf-16", "utf-8-sig") else "\ufeff"
    files = DEFAULT_FILES | {"sala.txt": (folder.path / "sala.txt").read_text()}
    for name, content in files.items():
        (folder.path / name).write_bytes((mark + content).encode(encoding))
    folder.import_paths(*(folder.path / name for name in DEFAULT_FILES))
    assert programme()[0].film.director == "Mário Peixoto"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            FILMS.encode("utf-16-le"),
            "1: holds a NUL: no text file, or one in UTF-16 without its mark; save it as UTF-8",
        ),
        (FILMS.encode("latin-1"), "2: is not UTF-8: save it as UTF-8 (in a spreadsheet “CSV UTF-8”)"),
        (
            b"\xff\xfe\x00\xd8" + FILMS.encode("utf-16-le"),
            "1: is not UTF-16: save it as UTF-8 (in a spreadsheet “CSV UTF-8”)",
        ),
    ],
)
def test_other_encodings_are_one_error_with_the_remedy(
    folder: ProgrammeFolder, content: bytes, said: str
) -> None:
    path = folder.path / "films.csv"
    path.write_bytes(content)
    with pytest.raises(BadProgramme) as bad:
        folder.import_paths(path)
    assert [str(one).replace(f"{path}:", "") for one in bad.value.problems] == [said]


def test_cells_that_would_be_lost_are_refused(folder: ProgrammeFolder) -> None:
    problems = folder.problems(
        cinemas=CINEMAS.replace("cutoff_minutes\n", "cutoff_minutes,\n").replace(",-10\n", ",-10,soon\n"),
        prices=PRICES.replace("tuesday,vip,R$ 40", "tuesday,vip,40,50"),
    )
    assert "cinemas.csv:2: holds 'soon' in a column without a name: name it, or empty it" in problems
    assert (
        "prices.csv:3: has 4 cells where the first line names 3 columns: "
        "put a cell with a comma or semicolon in it into quotation marks"
    ) in problems


@pytest.mark.parametrize(
    "written",
    [
        "2030-12-01T18:00",
        "2030-12-01T18:00:00",
        "2030-12-01 18:00:00.000",
        "2030-12-01T18:00:00,0",
        "2030-12-01T18:00:00-03:00",
        "2030-12-01T18:00-0300",
        "2030-12-01 18:00 -03",
        "2030-12-01T21:00:00Z",
        "2030-12-01t21:00:00.000z",
        "2030-12-01T21:00:00+00:00",
        "1/12/2030 18h00",
        "01/12/2030 18:00:00",
    ],
)
def test_hours_are_accepted_in_all_usual_forms(folder: ProgrammeFolder, written: str) -> None:
    report = folder.import_files(screenings=SCREENINGS.replace("2030-12-01 18:00", f'"{written}"'))
    first = programme()[0]
    assert (first.starts_at, first.showtime.time("pt_BR")) == (SIX, "18h00")
    in_utc = "21:00" in written
    assert report.notes == (
        ["hours given in UTC and turned to the clocks of their cinemas: 1"] if in_utc else []
    )
    assert not folder.import_files(screenings=SCREENINGS).changed, "the same hour, written otherwise"


@pytest.mark.parametrize(
    ("zone", "written", "said"),
    [
        (
            "America/Manaus",
            "2030-12-01T18:00:00-03:00",
            "starts: the clocks of America/Manaus do not have the offset of 2030-12-01T18:00-03:00: at that moment "
            "they show 2030-12-01 17:00; write the hour as it is at the cinema, without an offset",
        ),
        (
            "America/Recife",
            "2030-12-01T18:00:30",
            "starts: '2030-12-01T18:00:30' has seconds: screenings begin at a",
        ),
        (
            "America/Recife",
            "2030-12-01T18:00+99:00",
            "starts: '2030-12-01T18:00+99:00' is not in the calendar",
        ),
        (
            "America/Recife",
            "2030-12-01T18:00+03:75",
            "starts: '2030-12-01T18:00+03:75' is not in the calendar",
        ),
        ("America/Recife", "2030-12-01", "starts: '2030-12-01' is no day and hour such as"),
        ("Europe/Lisbon", "2030-03-31T01:30", "starts: the clocks of Europe/Lisbon skip 2030-03-31 01:30"),
        (
            "Europe/Lisbon",
            "2030-10-27T01:30Z",
            "starts: 2030-10-27 01:30 comes twice by the clocks of Europe/Lisbon, and this is the second",
        ),
    ],
)
def test_impossible_hours_are_refused(folder: ProgrammeFolder, zone: str, written: str, said: str) -> None:
    problems = folder.problems(
        cinemas=CINEMAS.replace("America/Recife", zone),
        screenings=SCREENINGS.replace("2030-12-01 18:00", written),
    )
    assert len(problems) == 1
    assert problems[0].startswith(f"screenings.csv:2: {said}")


def test_whole_numbers_of_spreadsheets_are_accepted(folder: ProgrammeFolder) -> None:
    folder.import_files(
        cinemas=CINEMAS.replace("-10", "-10.0"),
        films=FILMS.replace(",1931,", ",1931.0,").replace(",120,14,", ',"120,0",14.0,'),
        rooms=ROOMS.replace("matriz,1,", "matriz,1.0,"),
        screenings=SCREENINGS.replace("d1-2,aurora,matriz,1,", "d1-2,aurora,matriz,1.0,"),
        prices=PRICES.replace("R$ 40", "40.0"),
    )
    first, second = programme()
    assert (first.film.year, first.film.duration_minutes, first.film.age_rating) == (1931, 120, "14")
    assert first.auditorium_label == second.auditorium_label == "1"
    assert first.cinema.sales_cutoff_minutes == -10
    assert not folder.import_files().changed


def test_whole_numbers_of_json_are_accepted(folder: ProgrammeFolder) -> None:
    film = {
        "slug": "limite",
        "title": "Limite",
        "year": 1931.0,
        "duration_minutes": 120.0,
        "age_rating": 14.0,
    }
    path = folder.path / "films.json"
    path.write_text(json.dumps([film]))
    folder.import_paths(path)
    with db.reading():
        found = events.film("limite")
    assert (found.year, found.duration_minutes, found.age_rating) == (1931, 120, "14")


@pytest.mark.parametrize("year", ["1931.5", "1931.", "1.931", "1e3", "1931.0.0"])
def test_other_numbers_are_refused(folder: ProgrammeFolder, year: str) -> None:
    assert folder.problems(films=FILMS.replace(",1931,", f",{year},")) == [
        f"films.csv:2: year: {year!r} is no whole number from 1888 to 2200"
    ]
