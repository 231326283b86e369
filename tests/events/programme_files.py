"""A valid programme in files; the tests of the import change some of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from app.core import db
from app.events.programme_import import BadProgramme, Report, import_programme
from app.reservations import service as reservations

CINEMAS = (
    "slug,name,address,city,timezone,sales_cutoff_minutes\nmatriz,Matriz,Rua 1,Recife,America/Recife,-10\n"
)


ROOMS = "cinema,label,name,paper_colour,plan\nmatriz,1,Sala Azul,blue,sala.txt\n"


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


DEFAULT_FILES = {
    "cinemas.csv": CINEMAS,
    "rooms.csv": ROOMS,
    "films.csv": FILMS,
    "screenings.csv": SCREENINGS,
    "prices.csv": PRICES,
}


class ProgrammeFolder:
    """A folder with the default files; each test gives some files other contents and imports them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "sala.txt").write_text(PLAN)

    def import_files(self, **changed: str | None) -> Report:
        contents = DEFAULT_FILES | {f"{name}.csv": content for name, content in changed.items()}
        paths = []
        for name, content in contents.items():
            if content is not None:
                (self.path / name).write_text(content, "utf-8")
                paths.append(self.path / name)
        return self.import_paths(*paths)

    def import_paths(self, *paths: Path) -> Report:
        with db.transaction():
            return import_programme(paths, taken=reservations.occupancy)

    def problems(self, **changed: str | None) -> list[str]:
        """The errors of a refused import as `file:line: message`, without the folder; nothing was written."""
        with pytest.raises(BadProgramme) as bad:
            self.import_files(**changed)
        with db.reading() as session:
            assert session.execute(text("select count(*) from events.films")).scalar_one() == 0
        return [str(problem).replace(f"{self.path}/", "") for problem in bad.value.problems]


def all_rows() -> list[tuple[str, str]]:
    """All rows of the programme's tables with their transaction ids (xmin), which change when a row is rewritten."""
    tables = ("cinemas", "auditoriums", "zones", "seats", "films", "screenings", "screening_prices")
    with db.reading() as session:
        return [
            (table, str(row))
            for table in tables
            for row in session.execute(text(f"select t.*, t.xmin from events.{table} t order by 1, 2"))
        ]
