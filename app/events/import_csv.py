"""Read CSV as spreadsheets write it.

Accepted: comma, semicolon or tab between cells, or the one that a first line `sep=;` names; blank lines; empty columns
without a name; rows without their last empty cells.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.text_input import visible_line

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
DELIMITERS = ",;\t"


class BadCsv(Exception):
    """The file cannot be read from `line` on; the message is the reason."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a line by column, or in `problem` the reason why they cannot be assigned."""

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
    """Return all rows up to the first error of the CSV format, which is the table's `problem`."""
    lines = _lines(text)
    header, first = [""], 1
    rows: list[Row] = []
    try:
        for number, cells in lines:
            if not any(header):
                header, first = [visible_line(cell).lower() for cell in cells], number
            else:
                rows.append(_row(number, header, cells))
    except BadCsv as problem:
        return Table(first, _named(header), tuple(rows), problem)
    return Table(first, _named(header), tuple(rows))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are not blank, with numbers and stripped cells. Raises BadCsv."""
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
    """Return the most frequent delimiter of the first line that is not blank. Brazilian spreadsheets use semicolons."""
    first = next((line for line in text.splitlines() if line.strip(DELIMITERS + ' "')), "")
    return max(DELIMITERS, key=_QUOTED.sub("", first).count)


def _named(header: list[str]) -> tuple[str, ...]:
    return tuple(name for name in header if name)


def _row(number: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) > len(header):  # also of empty cells: a comma in a text may have divided a cell
        problem = f"has {len(cells)} cells where the first line names {len(header)} columns"
        return Row(number, {}, f"{problem}: put a cell with a comma or semicolon in it into quotation marks")
    # Missing cells at the end are empty.
    named = list(zip(header, cells, strict=False))
    nameless = [cell for name, cell in named if not name and cell]
    if nameless:
        return Row(number, {}, f"holds {nameless[0][:30]!r} in a column without a name: name it, or empty it")
    return Row(number, {name: cell for name, cell in named if name and cell})
