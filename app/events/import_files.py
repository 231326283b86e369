"""Read programme files, CSV and JSON, into records that know their file and line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from json import decoder, scanner
from pathlib import Path
from typing import Any

from app.events.import_csv import read_table
from app.events.text_files import UnreadableText, read_text

_LINE, _TWICE = "\x00line", "\x00twice"  # keys that no JSON file has


@dataclass(frozen=True, slots=True)
class Place:
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a CSV, or one object of a JSON list; `folder` is the folder of its file.

    `missing` names the missing columns of its file, which are reported once.
    """

    kind: str
    place: Place
    values: dict[str, Any]
    folder: Path
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Columns:
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.required + self.optional


KINDS: dict[str, Columns] = {
    "cinemas": Columns(("slug", "name"), ("address", "city", "timezone", "sales_cutoff_minutes")),
    "rooms": Columns(
        ("cinema", "label"),
        (
            "name",
            "paper_colour",
            "plan",
            "rows",
            "screen",
            "zones",
            "wheelchair",
            "companion",
            "wide",
            "not_sold",
            "not_sold_zones",
        ),
    ),
    "films": Columns(
        ("slug", "title", "year", "duration_minutes", "age_rating"),
        (
            "title_en",
            "original_title",
            "director",
            "age_reasons",
            "age_reasons_en",
            "genres",
            "genres_en",
            "synopsis",
            "synopsis_en",
            "poster",
            "trailer",
            "position",
        ),
    ),
    "screenings": Columns(
        ("ref", "film", "cinema", "room", "starts", "version", "price_list"), ("format", "minutes")
    ),
    "prices": Columns(("price_list", "zone", "price")),
}


@dataclass
class Files:
    """The records of all files by kind, and the problems."""

    records: dict[str, list[Record]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    problems: list[Problem] = field(default_factory=list)

    def add_problem(self, place: Place, message: str) -> None:
        self.problems.append(Problem(place, message))


def read_files(paths: Sequence[Path]) -> Files:
    """Read all files. A file that cannot be read is a problem; the others are read nevertheless."""
    files = Files()
    for path in paths:
        text = _text(path, files)
        if text is None:
            continue
        if path.suffix.lower() == ".json":
            _read_json(path, text, files)
        elif path.suffix.lower() in (".csv", ".txt", ".tsv"):
            _read_csv(path, text, files)
        else:
            files.add_problem(Place(str(path), 1), "is neither .csv nor .json")
    return files


def _text(path: Path, files: Files) -> str | None:
    try:
        return read_text(path)
    except UnreadableText as error:
        files.add_problem(Place(str(path), error.line), str(error))
        return None


# (kind, former name of a column) → its name; files of older versions have the former one.
FORMER_NAMES = {("rooms", "stock"): "paper_colour"}


def kind_of(path: Path) -> str | None:
    """Return the kind that a file name contains: `films.csv`, `films-december.csv` and `2026 Films.csv` are films."""
    name = path.stem.lower()
    return next((kind for kind in KINDS if kind in name), None)


def _read_csv(path: Path, text: str, files: Files) -> None:
    place = Place(str(path), 1)
    kind = kind_of(path)
    if kind is None:
        files.add_problem(
            place, f"its name does not say what it holds; name it after one of: {', '.join(KINDS)}"
        )
        return
    table = read_table(text)
    names = [_current_name(kind, name) for name in table.columns]
    columns, missing = KINDS[kind], frozenset(KINDS[kind].required) - set(names)
    _check_names(kind, names, Place(str(path), table.line), files, missing=True)
    for row in table.rows:
        where = Place(str(path), row.line)
        if row.problem:
            files.add_problem(where, row.problem)
        else:
            cells = {_current_name(kind, name): cell for name, cell in row.cells.items()}
            values = {name: cell for name, cell in cells.items() if name in columns.all}
            files.records[kind].append(Record(kind, where, values, path.parent, missing))
    if table.problem:
        files.add_problem(Place(str(path), table.problem.line), str(table.problem))


def _current_name(kind: str, name: str) -> str:
    return FORMER_NAMES.get((kind, name), name)


def _check_names(kind: str, names: Sequence[str], place: Place, files: Files, *, missing: bool) -> None:
    """Report unknown, repeated and missing columns; the others are read nevertheless."""
    columns = KINDS[kind]
    for name in names:
        if name not in columns.all:
            files.add_problem(place, f"{kind} have no column {name!r}{suggestion(name, columns.all)}")
        if list(names).count(name) > 1 and name in columns.all:
            files.add_problem(place, f"the column {name!r} appears twice")
    if missing:
        for name in columns.required:
            if name not in names:
                files.add_problem(place, f"the column {name!r} is missing")


def suggestion(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _object_with_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object with its repeated names: the parser keeps only the last value of each."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found[_TWICE] = sorted({name for name in names if names.count(name) > 1})
    return found


class _LineDecoder(json.JSONDecoder):
    """Adds to each object the line on which it begins, and its repeated names.

    The `json` module passes positions only to its own parser, so this class assembles that parser's parts.
    """

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_object_with_repeats)
        self.parse_object = self._object
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]

    def _object(self, text_and_end: tuple[str, int], *rest: Any) -> tuple[dict[str, Any], int]:
        found, end = decoder.JSONObject(text_and_end, *rest)  # type: ignore[attr-defined]
        text, start = text_and_end
        found[_LINE] = text.count("\n", 0, start) + 1
        return found, end


def _read_json(path: Path, text: str, files: Files) -> None:
    try:
        whole = _LineDecoder().decode(text)
    except json.JSONDecodeError as error:
        files.add_problem(Place(str(path), error.lineno), f"is no proper JSON: {error.msg}")
        return
    except RecursionError:
        files.add_problem(Place(str(path), 1), "is nested too deeply")
        return
    if isinstance(whole, list) and (kind := kind_of(path)):
        whole = {kind: whole, _LINE: 1}
    if not isinstance(whole, dict):
        files.add_problem(Place(str(path), 1), f"must be an object with lists named {', '.join(KINDS)}")
        return
    _report_repeats(whole, Place(str(path), whole[_LINE]), files)
    for name, listed in whole.items():
        if name == _LINE:
            continue
        if name not in KINDS:
            files.add_problem(
                Place(str(path), whole[_LINE]), f"has no {name!r} to import{suggestion(name, tuple(KINDS))}"
            )
        elif not isinstance(listed, list):
            files.add_problem(Place(str(path), whole[_LINE]), f"{name!r} must be a list")
        else:
            for record in _json_records(path, name, listed, whole[_LINE], files):
                files.records[name].append(record)


def _json_records(path: Path, kind: str, listed: list[Any], line: int, files: Files) -> Iterator[Record]:
    for number, entry in enumerate(listed, 1):
        if not isinstance(entry, dict):
            files.add_problem(Place(str(path), line), f"entry {number} of {kind!r} must be an object")
            continue
        place = Place(str(path), entry.pop(_LINE))
        _report_repeats(entry, place, files)
        names = [_current_name(kind, name) for name in entry]
        _check_names(kind, names, place, files, missing=False)
        known = {
            name: value for name, value in zip(names, entry.values(), strict=True) if name in KINDS[kind].all
        }
        values = {name: value for name, value in known.items() if value not in (None, "")}
        yield Record(kind, place, _without_lines(values), path.parent)


def _report_repeats(found: dict[str, Any], place: Place, files: Files) -> None:
    for name in found.pop(_TWICE, ()):
        files.add_problem(place, f"{name!r} appears twice")


def _without_lines(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_lines(inner) for key, inner in value.items() if key not in (_LINE, _TWICE)}
    return [_without_lines(inner) for inner in value] if isinstance(value, list) else value
