"""A programme from files: taken whole, twice without a change, or refused with file and line."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core import db
from app.events import service as events
from app.events.import_files import KINDS
from app.events.programme_import import BadProgramme, Report, import_programme

CINEMAS = (
    "slug,name,address,city,timezone,sales_cutoff_minutes\nmatriz,Matriz,Rua 1,Recife,America/Recife,-10\n"
)
ROOMS = "cinema,label,name,stock,plan\nmatriz,1,Sala Azul,blue,sala.txt\n"
PLAN = "zone vip = VIP / VIP\nA WCss_ss\nB vip ssss_ss\n"
FILMS = (
    "slug,title,title_en,year,director,duration_minutes,age_rating,genres,synopsis\n"
    'limite,Limite,,1931,Mário Peixoto,120,14,Drama|Experimental,"Um bote,\nduas linhas."\n'
    "aurora,Aurora,Sunrise,1927,F. W. Murnau,94,12,Drama,\n"
)
SCREENINGS = (
    "ref,film,cinema,room,starts,version,format,price_list\n"
    "d1-1,limite,matriz,1,2030-12-01 18:00,original,2D,tuesday\n"
    "d1-2,aurora,matriz,1,01/12/2030 20:30,Subtitled,,tuesday\n"
)
PRICES = 'price_list,zone,price\ntuesday,standard,"32,00"\ntuesday,vip,R$ 40\n'
USUAL = {
    "cinemas.csv": CINEMAS,
    "rooms.csv": ROOMS,
    "films.csv": FILMS,
    "screenings.csv": SCREENINGS,
    "prices.csv": PRICES,
}


class Folder:
    """Writes the usual files, some of them otherwise, and imports them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "sala.txt").write_text(PLAN)

    def run(self, **otherwise: str | None) -> Report:
        contents = USUAL | {f"{name}.csv": content for name, content in otherwise.items()}
        paths = []
        for name, content in contents.items():
            if content is not None:
                (self.path / name).write_text(content, "utf-8")
                paths.append(self.path / name)
        return self.take(*paths)

    def take(self, *paths: Path) -> Report:
        with db.transaction():
            return import_programme(paths)

    def problems(self, **otherwise: str | None) -> list[str]:
        """What was refused, as `file:line: message` without the folder; and nothing was written."""
        with pytest.raises(BadProgramme) as bad:
            self.run(**otherwise)
        with db.reading() as session:
            assert session.execute(text("select count(*) from events.films")).scalar_one() == 0
        return [str(problem).replace(f"{self.path}/", "") for problem in bad.value.problems]


@pytest.fixture
def folder(tmp_path: Path, database: str) -> Folder:
    return Folder(tmp_path)


def everything() -> list[tuple[str, str]]:
    """All rows of the programme, ids and all."""
    tables = ("cinemas", "auditoriums", "zones", "seats", "films", "screenings", "screening_prices")
    with db.reading() as session:
        return [
            (table, str(row))
            for table in tables
            for row in session.execute(text(f"select t.*, t.xmin from events.{table} t order by 1, 2"))
        ]


def test_a_programme_is_taken_whole(folder: Folder) -> None:
    report = folder.run()
    assert dict(report.added) == {"cinemas": 1, "films": 2, "rooms": 1, "screenings": 2}
    with db.reading():
        first, second = events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())
        plan = events.seat_plan(first.auditorium_id)
    assert (first.film.slug, first.version, first.format) == ("limite", "original", "2D")
    assert first.starts_at == datetime(2030, 12, 1, 21, 0, tzinfo=UTC)
    assert first.ends_at == datetime(2030, 12, 1, 23, 15, tzinfo=UTC)
    assert (first.auditorium_name, first.stock, first.capacity) == ("Sala Azul", "blue", 12)
    assert first.film.genres == ("Drama", "Experimental")
    assert first.film.synopsis == "Um bote, duas linhas."
    assert sorted(first.prices.values()) == [3200, 4000]
    assert (second.film.slug, second.version) == ("aurora", "subtitled")
    assert [seat.kind for seat in plan.rows[0]][:2] == ["wheelchair", "companion"]
    assert second.sales_close_at < second.starts_at


def test_twice_changes_nothing(folder: Folder) -> None:
    folder.run()
    before = everything()
    report = folder.run()
    assert everything() == before
    assert dict(report.same) == {"cinemas": 1, "films": 2, "rooms": 1, "screenings": 2}
    assert not report.added
    assert not report.changed


def test_what_differs_is_changed_and_nothing_else(folder: Folder) -> None:
    folder.run()
    report = folder.run(
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


def test_a_plan_that_is_wrong_is_named_with_its_own_line(folder: Folder) -> None:
    (folder.path / "sala.txt").write_text("# remark\nA ss\nB vip ssx\n")
    assert folder.problems() == [
        "sala.txt:3: the plan of room matriz 1 at rooms.csv:2: row B: 'x' at column 3 is no kind of seat"
    ]


def test_a_poster_must_be_there(folder: Folder) -> None:
    films = "slug,title,year,duration_minutes,age_rating,poster\nlimite,Limite,1931,120,Livre,{}\n"
    assert folder.problems(films=films.format("no-such"), screenings=None) == [
        "films.csv:2: poster: there is no no-such.svg in static/img/posters"
    ]
    folder.run(films=films.format("limite"), screenings=None)
    with db.reading():
        assert (events.film("limite").poster, events.film("limite").age_rating) == ("limite", "L")


def test_what_spreadsheets_in_brazil_write(folder: Folder) -> None:
    folder.run(
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


def test_the_zones_of_a_room_on_sale_get_other_names(folder: Folder) -> None:
    folder.run()
    (folder.path / "sala.txt").write_text(PLAN.replace("VIP / VIP", "Poltronas / Armchairs"))
    assert dict(folder.run().changed) == {"rooms": 1}
    assert not folder.run().changed
    with db.reading():
        screening = events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())[0]
        names = [zone.name_in("en") for zone in events.seat_plan(screening.auditorium_id).zones]
    assert "Armchairs" in names


def test_semicolons_and_the_mark_of_spreadsheets(folder: Folder) -> None:
    (folder.path / "films.csv").write_text(
        "\ufeffslug;title;year;duration_minutes;age_rating\r\nlimite;Limite, 1931;1931;120;14\r\n", "utf-8"
    )
    folder.take(folder.path / "films.csv")
    with db.reading():
        assert events.film("limite").title == "Limite, 1931"


def test_json_says_the_same(folder: Folder) -> None:
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
    assert sum(folder.take(path).added.values()) == 4
    assert sum(folder.take(path).same.values()) == 4
    with db.reading():
        (screening,) = events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())
        assert sorted(screening.prices.values()) == [3000, 4050]
        assert [zone.name_in("en") for zone in events.seat_plan(screening.auditorium_id).zones] == [
            "Standard",
            "Prime",
        ]


def test_the_examples_of_the_documentation_are_taken(folder: Folder) -> None:
    examples = Path(__file__).resolve().parents[2] / "docs" / "examples"
    tables, programme = sorted((examples / "csv").glob("*.csv")), examples / "json" / "programme.json"
    assert dict(folder.take(*tables).added) == {"cinemas": 2, "rooms": 2, "films": 2, "screenings": 4}
    assert dict(folder.take(programme).added) == {"cinemas": 1, "rooms": 2, "screenings": 2}
    before = everything()
    folder.take(*tables)
    folder.take(programme)
    assert everything() == before
    with db.reading():
        kinds = {
            seat.kind
            for screening in events.programme(datetime(2030, 3, 2, tzinfo=UTC).date())
            for seat in events.seat_plan(screening.auditorium_id).seats
        }
    assert kinds == {"standard", "wheelchair", "companion", "wide", "love"}


def test_every_error_names_its_file_and_line(folder: Folder) -> None:
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


def test_what_names_a_broken_entry_is_not_blamed_for_it(folder: Folder) -> None:
    problems = folder.problems(
        films=FILMS.replace(",14,", ",15,"),
        prices=PRICES.replace("R$ 40", "a lot"),
        rooms=ROOMS.replace("blue", "pink"),
    )
    assert [problem.split(":")[0] for problem in problems] == ["films.csv", "prices.csv", "rooms.csv"]


@pytest.mark.parametrize(
    ("otherwise", "problem"),
    [
        ({"films": "slug,titel\n"}, "films.csv:1: films have no column 'titel'; did you mean 'title'?"),
        (
            {"films": FILMS + "limite,Again,,1931,,1,L,,\n"},
            "films.csv:5: films limite is already at films.csv:2",
        ),
        ({"films": FILMS + "short,line\n"}, "films.csv:5: has 2 cells where the first line names 9 columns"),
        (
            {"films": FILMS + "Bad Slug,X,,1931,,1,L,,\n"},
            "films.csv:5: slug: 'Bad Slug' must be of small letters",
        ),
        ({"films": FILMS + "ok,,,1931,,1,L,,\n"}, "films.csv:5: title is empty"),
        ({"films": FILMS + 'x,"open\n'}, "films.csv:"),
        ({"films": ""}, "films.csv:1: the column 'slug' is missing"),
        ({"rooms": ROOMS.replace("sala.txt", "none.txt")}, "none.txt:1: the plan of room matriz 1 at"),
        ({"rooms": ROOMS.replace("blue", "pink")}, "rooms.csv:2: stock: 'pink' is none of salmon"),
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
            "screenings.csv:2: the clocks of Europe/Lisbon skip 2030-03-31 01:30",
        ),
    ],
)
def test_what_is_refused(folder: Folder, otherwise: dict[str, str], problem: str) -> None:
    problems = folder.problems(**otherwise)
    assert any(problem in said for said in problems), problems


def test_overlapping_screenings_are_refused_with_both_named(folder: Folder) -> None:
    problems = folder.problems(screenings=SCREENINGS.replace("20:30", "20:00"))
    assert problems == [
        "screenings.csv:3: room matriz 1: 'd1-2' (aurora, 2030-12-01 20:00 to 21:49) overlaps "
        "'d1-1' (limite, 2030-12-01 18:00 to 20:15) (screenings.csv:2)"
    ]


def test_overlap_with_what_is_on_sale_already(folder: Folder) -> None:
    folder.run()
    header, line = SCREENINGS.splitlines()[:2]
    late = line.replace("d1-1", "new").replace("18:00", "19:00")
    with pytest.raises(BadProgramme) as bad:
        folder.run(screenings=f"{header}\n{late}\n")
    first, second = (str(problem) for problem in bad.value.problems)
    assert "'d1-1' (limite, 2030-12-01 18:00 to 20:15) (on sale already)" in first
    assert "'d1-2' (aurora, 2030-12-01 20:30 to 22:19) (on sale already)" in second


def test_a_long_screening_overlaps_all_that_begin_in_it(folder: Folder) -> None:
    lines = SCREENINGS.replace("price_list", "price_list,minutes").splitlines()
    longer = [lines[0], f"{lines[1]},600", f"{lines[2]},"]
    third = lines[2].replace("d1-2", "d1-3").replace("20:30", "23:00") + ","
    problems = folder.problems(screenings="\n".join([*longer, third]))
    assert [problem.split(":")[1] for problem in problems] == ["3", "4"]
    assert all("'d1-1'" in problem for problem in problems)


def test_a_screening_on_sale_is_not_moved(folder: Folder) -> None:
    folder.run()
    before = everything()
    for changed in (SCREENINGS.replace("18:00", "17:00"), SCREENINGS.replace("d1-1,limite", "d1-1,aurora")):
        with pytest.raises(BadProgramme, match=r"programme\.bad") as bad:
            folder.run(screenings=changed)
        assert "and give the new one another ref" in str(bad.value.problems[0])
    assert everything() == before


def test_a_cancelled_screening_stays_cancelled_and_out_of_the_way(folder: Folder) -> None:
    folder.run()
    with db.reading():
        first = events.programme(datetime(2030, 12, 1, tzinfo=UTC).date())[0]
    with db.transaction():
        events.cancel_screening(first.id, "why")
    report = folder.run(
        screenings=SCREENINGS + "d1-3,aurora,matriz,1,2030-12-01 18:00,subtitled,2D,tuesday\n"
    )
    assert dict(report.added) == {"screenings": 1}
    with db.reading():
        assert events.screening(first.id).status == "cancelled"


def test_seats_stay_once_there_are_screenings(folder: Folder) -> None:
    folder.run(screenings=None)
    (folder.path / "sala.txt").write_text("A ssss\nB vip ss\n")
    assert dict(folder.run(screenings=None).changed) == {"rooms": 1}
    folder.run()
    (folder.path / "sala.txt").write_text("A sss\nB vip ss\n")
    with pytest.raises(BadProgramme) as bad:
        folder.run()
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
def test_json_that_is_refused(folder: Folder, content: str, problem: str) -> None:
    path = folder.path / "programme.json"
    path.write_text(content)
    with pytest.raises(BadProgramme) as bad:
        folder.take(path)
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
def test_files_that_cannot_be_read(folder: Folder, name: str, content: bytes, problem: str) -> None:
    (folder.path / name).write_bytes(content)
    with pytest.raises(BadProgramme) as bad:
        folder.take(folder.path / name, folder.path / "missing.csv")
    said = [str(one) for one in bad.value.problems]
    assert any(f"{name}:{problem}" in one for one in said), said
    assert any("missing.csv:1: cannot be read" in one for one in said)


def test_the_command_says_what_it_did_and_what_is_wrong(folder: Folder, app: object) -> None:
    from app.cli.programme import import_command

    folder.run()
    runner = app.test_cli_runner()  # type: ignore[attr-defined]
    paths = [str(folder.path / name) for name in USUAL]
    done = runner.invoke(import_command, paths)
    assert done.exit_code == 0
    assert "screenings: 0 added, 0 changed, 2 unchanged" in done.output
    (folder.path / "films.csv").write_text("slug\n")
    refused = runner.invoke(import_command, paths)
    assert refused.exit_code == 1
    assert "films.csv:1: the column 'title' is missing" in refused.output
    assert "nothing was written" in refused.output


def test_the_documentation_names_every_column(folder: Folder) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "import-programme.md").read_text()
    for kind, columns in KINDS.items():
        table = page.partition(f"### {kind}\n")[2].partition("\n##")[0]
        cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
        named = {name.strip().strip("*") for cell in cells for name in cell.split(",")} - {"column"}
        required = {name for cell in cells for name in re.findall(r"\*\*(\w+)\*\*", cell)}
        assert named | {"rows"} == set(columns.all) | {"rows"}
        assert required - {"plan"} == set(columns.required)
