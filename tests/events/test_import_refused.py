"""Wrong programmes: one run reports all problems with file and line, and writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.core import db
from app.events import service as events
from app.events.programme_import import BadProgramme
from tests.events.programme_files import CINEMAS, FILMS, PRICES, ROOMS, SCREENINGS, ProgrammeFolder, all_rows


def test_every_error_names_its_file_and_line(folder: ProgrammeFolder) -> None:
    problems = folder.problems(
        cinemas=CINEMAS.replace("America/Recife", "Mars/Olympus"),
        films=FILMS.replace(",14,", ",15,").replace(",94,", ",ninety,"),
        screenings=SCREENINGS.replace("2030-12-01 18:00", "2030-02-30 18:00").replace("Subtitled", "silent"),
        prices=PRICES.replace("R$ 40", "a lot"),
    )
    assert problems == [
        "cinemas.csv:2: timezone: 'Mars/Olympus' is no time zone such as America/Sao_Paulo",
        "films.csv:2: age_rating: '15' is none of L, 6, 10, 12, 14, 16, 18",
        "films.csv:4: duration_minutes: 'ninety' is no whole number from 1 to 1200",
        "prices.csv:3: price: 'a lot' is no amount such as 38,00",
        "screenings.csv:2: starts: '2030-02-30 18:00' is not in the calendar: day is out of range for month",
        "screenings.csv:3: version: 'silent' is none of dubbed, subtitled, original",
    ]


def test_a_reference_to_a_broken_entry_is_not_reported(folder: ProgrammeFolder) -> None:
    problems = folder.problems(
        films=FILMS.replace(",14,", ",15,"),
        prices=PRICES.replace("R$ 40", "a lot"),
        rooms=ROOMS.replace("blue", "pink"),
    )
    assert [problem.split(":")[0] for problem in problems] == ["films.csv", "prices.csv", "rooms.csv"]


def test_one_error_of_a_line_does_not_hide_another(folder: ProgrammeFolder) -> None:
    """The hour and the references of one line are wrong; so are colour, site and plan of an auditorium."""
    problems = folder.problems(
        screenings=SCREENINGS.replace(
            "limite,matriz,1,2030-12-01 18:00,original,2D,tuesday", "limit,matriz,9,soon,mute,2D,tuseday"
        ),
        rooms=ROOMS + "matrix,2,Sala Verde,pink,none.txt\n",
        prices=PRICES.replace("R$ 40", "a lot"),
    )
    assert problems == [
        "none.txt:1: the plan of room matrix 2 at rooms.csv:3: cannot be read: No such file or directory",
        "prices.csv:3: price: 'a lot' is no amount such as 38,00",
        "rooms.csv:3: paper_colour: 'pink' is none of salmon, green, blue, manila, lilac",
        "rooms.csv:3: cinema 'matrix' is neither in these files nor in the database; did you mean 'matriz'?",
        "screenings.csv:2: starts: 'soon' is no day and hour such as 2026-12-01 20:30",
        "screenings.csv:2: version: 'mute' is none of dubbed, subtitled, original",
        "screenings.csv:2: film 'limit' is neither in these files nor in the database; did you mean 'limite'?",
        "screenings.csv:2: room 'matriz 9' is neither in these files nor in the database; did you mean 'matriz 1'?",
        "screenings.csv:2: price list 'tuseday' is not in these files; did you mean 'tuesday'?",
    ]


def test_an_unknown_column_does_not_hide_errors_in_others(folder: ProgrammeFolder) -> None:
    problems = folder.problems(films=FILMS.replace("title_en", "titel_en").replace(",14,", ",15,"))
    assert problems == [
        "films.csv:1: films have no column 'titel_en'; did you mean 'title_en'?",
        "films.csv:2: age_rating: '15' is none of L, 6, 10, 12, 14, 16, 18",
    ]


def test_a_missing_column_is_reported_once(folder: ProgrammeFolder) -> None:
    problems = folder.problems(screenings=SCREENINGS.replace("version", "verzion").replace("aurora", "orora"))
    assert problems == [
        "screenings.csv:1: screenings have no column 'verzion'; did you mean 'version'?",
        "screenings.csv:1: the column 'version' is missing",
        "screenings.csv:3: film 'orora' is neither in these files nor in the database; did you mean 'aurora'?",
    ]


def test_an_unknown_key_does_not_hide_the_others(folder: ProgrammeFolder) -> None:
    path = folder.path / "programme.json"
    path.write_text(
        '{"films": [\n{"slug": "x", "titel": "X", "year": "soon", "duration_minutes": 90, "age_rating": "L"}],\n'
        '"screenings": [\n{"ref": "a", "film": "x", "cinema": "c", "room": "1", "starts": "2030-12-01 20:00",\n'
        ' "version": "dubbed", "price_list": "p", "hall": 1}]}'
    )
    with pytest.raises(BadProgramme) as bad:
        folder.import_paths(path)
    assert [str(one).replace(f"{path}:", "") for one in bad.value.problems] == [
        "2: films have no column 'titel'; did you mean 'title'?",
        "2: title is empty",
        "2: year: 'soon' is no whole number from 1888 to 2200",
        "4: screenings have no column 'hall'",
        "4: room 'c 1' is neither in these files nor in the database",
        "4: price list 'p' is not in these files",
    ]


def test_a_price_without_a_zone_hides_missing_prices_of_its_list(folder: ProgrammeFolder) -> None:
    problems = folder.problems(prices=PRICES.replace("tuesday,vip", "tuesday,"))
    assert problems == ["prices.csv:3: zone is empty"]


def test_a_repeated_wrong_line_is_reported_twice(folder: ProgrammeFolder) -> None:
    problems = folder.problems(films=FILMS + "limite,Again,,1931,,1,adult,,\n")
    assert problems == [
        "films.csv:5: age_rating: 'adult' is none of L, 6, 10, 12, 14, 16, 18",
        "films.csv:5: films limite is already at films.csv:2",
    ]


@pytest.mark.parametrize(
    ("otherwise", "problem"),
    [
        ({"films": "slug,titel\n"}, "films.csv:1: films have no column 'titel'; did you mean 'title'?"),
        (
            {"films": FILMS + "limite,Again,,1931,,1,L,,\n"},
            "films.csv:5: films limite is already at films.csv:2",
        ),
        ({"films": FILMS + "short,line\n"}, "films.csv:5: year is empty"),
        (
            {"films": FILMS + "x,Um, dois,,1931,,120,L,Drama,\n"},
            "films.csv:5: has 10 cells where the first line names 9 columns: put a cell with a comma or semicolon",
        ),
        (
            {"films": FILMS + "Bad Slug,X,,1931,,1,L,,\n"},
            "films.csv:5: slug: 'Bad Slug' must be of small letters",
        ),
        ({"films": FILMS + "ok,,,1931,,1,L,,\n"}, "films.csv:5: title is empty"),
        ({"films": FILMS + 'x,"open\n'}, "films.csv:"),
        ({"films": ""}, "films.csv:1: the column 'slug' is missing"),
        ({"rooms": ROOMS.replace("sala.txt", "none.txt")}, "none.txt:1: the plan of room matriz 1 at"),
        ({"rooms": ROOMS.replace("blue", "pink")}, "rooms.csv:2: paper_colour: 'pink' is none of salmon"),
        ({"screenings": SCREENINGS.replace("limite", "limit")}, "did you mean 'limite'?"),
        (
            {"screenings": SCREENINGS.replace("matriz,1,", "matriz,9,")},
            "screenings.csv:2: room 'matriz 9' is neither",
        ),
        (
            {"screenings": SCREENINGS.replace("tuesday", "tuseday")},
            "'tuseday' is not in these files; did you mean",
        ),
        ({"prices": "price_list,zone,price\ntuesday,standard,30\n"}, "no price for the room's zone 'vip'"),
        ({"prices": PRICES + "tuesday,vip,-1\n"}, "prices.csv:4: price: '-1' is no amount"),
        ({"prices": PRICES + "gala,vip,99999\n"}, "is more than R$ 10.000"),
        ({"prices": PRICES + 'gala,vip,"1.234,50"\n'}, "prices.csv:4: price: '1.234,50' is no amount"),
        (
            {"screenings": SCREENINGS.replace("d1-1", "demo:1")},
            "screenings.csv:2: ref: names that begin with 'demo:'",
        ),
        (
            {"screenings": SCREENINGS + "d1-1,limite,matriz,1,2030-12-02 18:00,original,2D,tuesday\n"},
            "screenings.csv:4: screenings d1-1 is already at screenings.csv:2",
        ),
        (
            {
                "cinemas": CINEMAS.replace("America/Recife", "Europe/Lisbon"),
                "screenings": SCREENINGS.replace("2030-12-01 18:00", "2030-03-31 01:30"),
            },
            "screenings.csv:2: starts: the clocks of Europe/Lisbon skip 2030-03-31 01:30",
        ),
    ],
)
def test_wrong_files_are_refused(folder: ProgrammeFolder, otherwise: dict[str, str], problem: str) -> None:
    problems = folder.problems(**otherwise)
    assert any(problem in said for said in problems), problems


def test_overlapping_screenings_are_refused_with_both_named(folder: ProgrammeFolder) -> None:
    problems = folder.problems(screenings=SCREENINGS.replace("20:30", "20:00"))
    assert problems == [
        "screenings.csv:3: room matriz 1: 'd1-2' (aurora, 2030-12-01 20:00 to 21:49) overlaps "
        "'d1-1' (limite, 2030-12-01 18:00 to 20:15) (screenings.csv:2)"
    ]


def test_overlaps_with_stored_screenings_are_refused(folder: ProgrammeFolder) -> None:
    folder.import_files()
    header, line = SCREENINGS.splitlines()[:2]
    late = line.replace("d1-1", "new").replace("18:00", "19:00")
    with pytest.raises(BadProgramme) as bad:
        folder.import_files(screenings=f"{header}\n{late}\n")
    first, second = (str(problem) for problem in bad.value.problems)
    assert "'d1-1' (limite, 2030-12-01 18:00 to 20:15) (on sale already)" in first
    assert "'d1-2' (aurora, 2030-12-01 20:30 to 22:19) (on sale already)" in second


def test_a_long_screening_overlaps_all_that_begin_during_it(folder: ProgrammeFolder) -> None:
    lines = SCREENINGS.replace("price_list", "price_list,minutes").splitlines()
    longer = [lines[0], f"{lines[1]},600", f"{lines[2]},"]
    third = lines[2].replace("d1-2", "d1-3").replace("20:30", "23:00") + ","
    problems = folder.problems(screenings="\n".join([*longer, third]))
    assert [problem.split(":")[1] for problem in problems] == ["3", "4"]
    assert all("'d1-1'" in problem for problem in problems)


def test_a_screening_on_sale_is_not_moved(folder: ProgrammeFolder) -> None:
    folder.import_files()
    before = all_rows()
    for changed in (SCREENINGS.replace("18:00", "17:00"), SCREENINGS.replace("d1-1,limite", "d1-1,aurora")):
        with pytest.raises(BadProgramme, match=r"programme\.bad") as bad:
            folder.import_files(screenings=changed)
        assert "and give the new one another ref" in str(bad.value.problems[0])
    assert all_rows() == before


def test_a_cancelled_screening_stays_cancelled_and_overlaps_nothing(folder: ProgrammeFolder) -> None:
    folder.import_files()
    with db.reading():
        first = events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())[0]
    with db.transaction():
        events.cancel_screening(first.id, "why")
    report = folder.import_files(
        screenings=SCREENINGS + "d1-3,aurora,matriz,1,2030-12-01 18:00,subtitled,2D,tuesday\n"
    )
    assert dict(report.added) == {"screenings": 1}
    with db.reading():
        assert events.screening(first.id).status == "cancelled"


def test_the_seats_of_an_auditorium_with_screenings_cannot_change(folder: ProgrammeFolder) -> None:
    folder.import_files(screenings=None)
    (folder.path / "sala.txt").write_text("A ssss\nB vip ss\n")
    assert dict(folder.import_files(screenings=None).changed) == {"rooms": 1}
    folder.import_files()
    (folder.path / "sala.txt").write_text("A sss\nB vip ss\n")
    with pytest.raises(BadProgramme) as bad:
        folder.import_files()
    assert "its seats stay" in str(bad.value.problems[0])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"films": [', "programme.json:1: is no proper JSON"),
        ('{\n"films": [\n{"slug": "x",\n "title": "X"}]}', "programme.json:3: year is empty"),
        ('{"flims": []}', "programme.json:1: has no 'flims' to import; did you mean 'films'?"),
        ('{"films": {}}', "programme.json:1: 'films' must be a list"),
        ('{"films": [],\n "films": []}', "programme.json:1: 'films' appears twice"),
        ('{"films": [\n{"slug": "x", "title": "X", "slug": "y"}]}', "programme.json:2: 'slug' appears twice"),
        ('{"films": [1]}', "programme.json:1: entry 1 of 'films' must be an object"),
        ("[]", "programme.json:1: must be an object"),
        ('{"films": [{"slug": ["x"]}]}', "slug: ['x'] is no text"),
        ("[" * 100_000, "programme.json:1: is "),
        ('{"rooms": [{"cinema": "c", "label": "1"}]}', "a room needs either a plan"),
        ('{"rooms": [{"cinema": "c", "label": "1", "rows": "A ss"}]}', "rows: must be a list of texts"),
    ],
)
def test_wrong_json_is_refused(folder: ProgrammeFolder, content: str, problem: str) -> None:
    path = folder.path / "programme.json"
    path.write_text(content)
    with pytest.raises(BadProgramme) as bad:
        folder.import_paths(path)
    said = [str(one).replace(f"{folder.path}/", "") for one in bad.value.problems]
    assert any(problem in one for one in said), said


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("films.csv", b"slug\xff\n", "1: is not UTF-8"),
        ("films.csv", b"slug\n\x00\n", "2: holds a NUL"),
        ("things.csv", b"slug\n", "1: its name does not say what it holds"),
        ("films.xlsx", b"PK", "1: is neither .csv nor .json"),
    ],
)
def test_unreadable_files_are_refused(
    folder: ProgrammeFolder, name: str, content: bytes, problem: str
) -> None:
    (folder.path / name).write_bytes(content)
    with pytest.raises(BadProgramme) as bad:
        folder.import_paths(folder.path / name, folder.path / "missing.csv")
    said = [str(one) for one in bad.value.problems]
    assert any(f"{name}:{problem}" in one for one in said), said
    assert any("missing.csv:1: cannot be read" in one for one in said)
