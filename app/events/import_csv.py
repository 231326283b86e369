"""CSV as spreadsheets write it: what they add is left out, what they drop is put back, where nothing is lost by it.

Comma, semicolon or tab between cells, also named by a first line `sep=;`; blank lines anywhere; columns without a name
and without a content; rows without their last empty cells.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.typed import seen

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
DELIMITERS = ",;\t"


class BadCsv(Exception):
    """Nothing more can be read from `line` on; the message says why."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a line of the file, by column; or, in `problem`, why they cannot be told apart."""

    line: int
    cells: dict[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` are the names in the first line that is not blank (`line`), in small letters."""

    line: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problem: BadCsv | None = None


def read_table(text: str) -> Table:
    """All rows up to the first fault of the file's form, which is the table's `problem`."""
    lines = _lines(text)
    header, first = [""], 1
    rows: list[Row] = []
    try:
        for number, cells in lines:
            if not any(header):
                header, first = [seen(cell).lower() for cell in cells], number
            else:
                rows.append(_row(number, header, cells))
    except BadCsv as problem:
        return Table(first, _named(header), tuple(rows), problem)
    return Table(first, _named(header), tuple(rows))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold anything, with their numbers; cells without blanks around them. Raises BadCsv."""
    beginning, _, rest = text.partition("\n")
    named = _SEPARATOR_LINE.fullmatch(beginning.strip())
    skipped = 1 if named else 0
    if named:
        text = rest
    lines = csv.reader(
        io.StringIO(text, newline=""), delimiter=named[1] if named else _delimiter(text), strict=True
    )
    while True:
        number = lines.line_num + 1 + skipped
        try:
            cells = next(lines, None)
        except csv.Error as error:
            raise BadCsv(f"is no proper CSV: {error}", (lines.line_num or 1) + skipped) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield number, [cell.strip() for cell in cells]


def _delimiter(text: str) -> str:
    """Comma, semicolon (as spreadsheets in Brazil write) or tab: what the first line that says anything has most of."""
    first = next((line for line in text.splitlines() if line.strip(DELIMITERS + ' "')), "")
    return max(DELIMITERS, key=_QUOTED.sub("", first).count)


def _named(header: list[str]) -> tuple[str, ...]:
    return tuple(name for name in header if name)


def _row(number: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) > len(
        header
    ):  # of empty cells too: one before them may be two, parted by a comma of its text
        problem = f"has {len(cells)} cells where the first line names {len(header)} columns"
        return Row(number, {}, f"{problem}: put a cell with a comma or semicolon in it into quotation marks")
    # Cells that are missing at the end are empty ones.
    named = list(zip(header, cells, strict=False))
    nameless = [cell for name, cell in named if not name and cell]
    if nameless:
        return Row(number, {}, f"holds {nameless[0][:30]!r} in a column without a name: name it, or empty it")
    return Row(number, {name: cell for name, cell in named if name and cell})
