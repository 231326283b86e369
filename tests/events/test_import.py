"""The import of a programme: all or nothing, repeatable, with errors by file and line."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core import db
from app.events import service as events
from app.events.import_files import KINDS
from tests.events.programme_files import (
    DEFAULT_FILES,
    FILMS,
    PLAN,
    PRICES,
    ROOMS,
    SCREENINGS,
    ProgrammeFolder,
    all_rows,
)


def test_a_programme_is_imported(folder: ProgrammeFolder) -> None:
    report = folder.import_files()
    assert dict(report.added) == {"cinemas": 1, "films": 2, "rooms": 1, "screenings": 2}
    with db.reading():
        first, second = events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())
        plan = events.seat_plan(first.auditorium_id)
    assert (first.film.slug, first.version, first.format) == ("limite", "original", "2D")
    assert first.starts_at == datetime(2030, 12, 1, 21, 0, tzinfo=UTC)
    assert first.ends_at == datetime(2030, 12, 1, 23, 15, tzinfo=UTC)
    assert (first.auditorium_name, first.paper_colour, first.capacity) == ("Sala Azul", "blue", 12)
    assert first.film.genres == ("Drama", "Experimental")
    assert first.film.synopsis == "Um bote, duas linhas."
    assert sorted(first.prices.values()) == [3200, 4000]
    assert (second.film.slug, second.version) == ("aurora", "subtitled")
    assert [seat.kind for seat in plan.rows[0]][:2] == ["wheelchair", "companion"]
    assert second.sales_close_at < second.starts_at


def test_a_second_run_changes_nothing(folder: ProgrammeFolder) -> None:
    folder.import_files()
    before = all_rows()
    report = folder.import_files()
    assert all_rows() == before
    assert dict(report.same) == {"cinemas": 1, "films": 2, "rooms": 1, "screenings": 2}
    assert not report.added
    assert not report.changed


def test_only_differences_are_changed(folder: ProgrammeFolder) -> None:
    folder.import_files()
    report = folder.import_files(
        films=FILMS.replace("Sunrise", "Sunrise: A Song"),
        prices=PRICES.replace("R$ 40", "42"),
        rooms=ROOMS.replace("Sala Azul", "Sala Um"),
        screenings=SCREENINGS.replace("original", "subtitled"),
    )
    assert dict(report.changed) == {"films": 1, "rooms": 1, "screenings": 2}
    assert dict(report.same) == {"cinemas": 1, "films": 1}
    with db.reading():
        first, second = events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())
    assert (first.version, first.auditorium_name) == ("subtitled", "Sala Um")
    assert second.film.title_en == "Sunrise: A Song"
    assert sorted(first.prices.values()) == [3200, 4200]


def test_the_former_name_of_the_paper_colour_is_read(folder: ProgrammeFolder, tmp_path: Path) -> None:
    folder.import_files()
    before = all_rows()
    assert not folder.import_files(rooms=ROOMS.replace("paper_colour", "stock")).changed
    assert all_rows() == before
    room = {"cinema": "matriz", "label": "1", "stock": "lilac", "zones": {"vip": ["VIP", "VIP"]}}
    file = tmp_path / "programme.json"
    file.write_text(json.dumps({"rooms": [room | {"rows": PLAN.splitlines()[1:]}]}), "utf-8")
    assert dict(folder.import_paths(file).changed) == {"rooms": 1}


def test_an_error_in_a_plan_names_the_line_of_the_plan(folder: ProgrammeFolder) -> None:
    (folder.path / "sala.txt").write_text("# remark\nA ss\nB vip ssx\n")
    assert folder.problems() == [
        "sala.txt:3: the plan of room matriz 1 at rooms.csv:2: row B: 'x' at column 3 is no kind of seat"
    ]


def test_a_poster_must_exist(folder: ProgrammeFolder) -> None:
    films = "slug,title,year,duration_minutes,age_rating,poster\nlimite,Limite,1931,120,Livre,{}\n"
    assert folder.problems(films=films.format("no-such"), screenings=None) == [
        "films.csv:2: poster: there is no no-such.svg in static/img/posters"
    ]
    folder.import_files(films=films.format("limite"), screenings=None)
    with db.reading():
        assert (events.film("limite").poster, events.film("limite").age_rating) == ("limite", "L")


def test_files_of_brazilian_spreadsheets_are_imported(folder: ProgrammeFolder) -> None:
    folder.import_files(
        screenings="\ufeffref;film;cinema;room;starts;version;price_list\r\n"
        "x;limite;matriz;1;1/12/2030 18:00:00;Dublado;terça\r\n"
        "y;aurora;matriz;1;01/12/2030 20h30;LEGENDADO;terça\r\n",
        prices="\ufeffprice_list;zone;price\r\nterça;standard;18,5\r\nterça;vip;R$ 25,00\r\n",
    )
    with db.reading():
        first, second = events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())
    assert (first.version, second.version) == ("dubbed", "subtitled")
    assert (first.starts_at.hour, second.starts_at.hour) == (21, 23)
    assert sorted(first.prices.values()) == [1850, 2500]


def test_zones_of_an_auditorium_with_screenings_can_be_renamed(folder: ProgrammeFolder) -> None:
    folder.import_files()
    (folder.path / "sala.txt").write_text(PLAN.replace("VIP / VIP", "Poltronas / Armchairs"))
    assert dict(folder.import_files().changed) == {"rooms": 1}
    assert not folder.import_files().changed
    with db.reading():
        screening = events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())[0]
        names = [zone.name_in("en") for zone in events.seat_plan(screening.auditorium_id).zones]
    assert "Armchairs" in names


def test_semicolons_and_a_byte_order_mark_are_accepted(folder: ProgrammeFolder) -> None:
    (folder.path / "films.csv").write_text(
        "\ufeffslug;title;year;duration_minutes;age_rating\r\nlimite;Limite, 1931;1931;120;14\r\n", "utf-8"
    )
    folder.import_paths(folder.path / "films.csv")
    with db.reading():
        assert events.film("limite").title == "Limite, 1931"


def test_json_imports_the_same_programme(folder: ProgrammeFolder) -> None:
    programme = {
        "cinemas": [{"slug": "matriz", "name": "Matriz", "timezone": "America/Recife"}],
        "rooms": [
            {
                "cinema": "matriz",
                "label": "1",
                "rows": ["A ss", "B vip ss"],
                "zones": {"vip": ["Nobre", "Prime"]},
            }
        ],
        "films": [
            {
                "slug": "limite",
                "title": "Limite",
                "year": 1931,
                "duration_minutes": 120,
                "age_rating": "L",
                "genres": ["Drama"],
            }
        ],
        "screenings": [
            {
                "ref": "1",
                "film": "limite",
                "cinema": "matriz",
                "room": "1",
                "starts": "2030-12-01T18:00",
                "version": "original",
                "price_list": "all",
            }
        ],
        "prices": [
            {"price_list": "all", "zone": "standard", "price": 30},
            {"price_list": "all", "zone": "vip", "price": 40.5},
        ],
    }
    path = folder.path / "programme.json"
    path.write_text(json.dumps(programme))
    assert sum(folder.import_paths(path).added.values()) == 4
    assert sum(folder.import_paths(path).same.values()) == 4
    with db.reading():
        (screening,) = events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())
        assert sorted(screening.prices.values()) == [3000, 4050]
        assert [zone.name_in("en") for zone in events.seat_plan(screening.auditorium_id).zones] == [
            "Standard",
            "Prime",
        ]


def test_the_examples_of_the_documentation_are_imported(folder: ProgrammeFolder) -> None:
    examples = Path(__file__).resolve().parents[2] / "docs" / "examples"
    tables, programme = sorted((examples / "csv").glob("*.csv")), examples / "json" / "programme.json"
    assert dict(folder.import_paths(*tables).added) == {"cinemas": 2, "rooms": 2, "films": 2, "screenings": 4}
    assert dict(folder.import_paths(programme).added) == {"cinemas": 1, "rooms": 2, "screenings": 2}
    before = all_rows()
    folder.import_paths(*tables)
    folder.import_paths(programme)
    assert all_rows() == before
    with db.reading():
        kinds = {
            seat.kind
            for screening in events.programme(datetime(2030, 3, 2, tzinfo=UTC).date())
            for seat in events.seat_plan(screening.auditorium_id).seats
        }
    assert kinds == {"standard", "wheelchair", "companion", "wide", "love"}


def test_the_command_prints_the_result_or_the_problems(folder: ProgrammeFolder, app: object) -> None:
    from app.cli.programme import import_command

    folder.import_files()
    runner = app.test_cli_runner()  # type: ignore[attr-defined]
    paths = [str(folder.path / name) for name in DEFAULT_FILES]
    done = runner.invoke(import_command, paths)
    assert done.exit_code == 0
    assert "screenings: 0 added, 0 changed, 2 unchanged" in done.output
    (folder.path / "films.csv").write_text("slug\n")
    refused = runner.invoke(import_command, paths)
    assert refused.exit_code == 1
    assert "films.csv:1: the column 'title' is missing" in refused.output
    assert "nothing was written" in refused.output


def test_the_documentation_names_every_column(folder: ProgrammeFolder) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "import-programme.md").read_text()
    for kind, columns in KINDS.items():
        table = page.partition(f"### {kind}\n")[2].partition("\n##")[0]
        cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
        named = {name.strip().strip("*") for cell in cells for name in cell.split(",")} - {"column"}
        required = {name for cell in cells for name in re.findall(r"\*\*(\w+)\*\*", cell)}
        assert named | {"rows"} == set(columns.all) | {"rows"}
        assert required - {"plan"} == set(columns.required)


def test_a_trailer_of_the_files_is_linked(folder: ProgrammeFolder) -> None:
    films = "slug,title,year,duration_minutes,age_rating,trailer\nlimite,Limite,1931,120,L,{}\n"
    address = "https://www.youtube.com/watch?v=abc&t=1"
    folder.import_files(films=films.format(address), screenings=None)
    with db.reading():
        assert events.film("limite").trailer == address


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/a", "javascript:alert(1)", "https://", "https://localhost/a", "//example.com/a", "trailer",
        "https://ana:word@example.com/", "https://example.com:port/", "https://[::1/", "https://example.com/a b",
        "https://example.com/<b>", "https://example.com/" + "a" * 600,
    ],
)  # fmt: skip
def test_a_trailer_is_an_https_address(folder: ProgrammeFolder, address: str) -> None:
    films = f"slug,title,year,duration_minutes,age_rating,trailer\nlimite,Limite,1931,120,L,{address}\n"
    (problem,) = folder.problems(films=films, screenings=None)
    assert problem.startswith("films.csv:2: trailer: ")
    assert "is no address such as https://" in problem
