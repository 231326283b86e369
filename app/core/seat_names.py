"""Seat names: the only functions that join a row and a number into one text (docs/decisions/16-seat-names.md).

All other code keeps row and number apart. A section is a part of the auditorium (`Balcão`) that has the same row names
as another part; it is empty where the row and the number are enough.
"""

from __future__ import annotations

import re

from app.core.i18n import translate

_PLAIN_NUMBER = re.compile(r"\d+[A-Za-z]?")


def _(msgid: str) -> str:
    """Mark a text for the catalogue; it is translated where it is shown."""
    return msgid


_ONE = _("Row %(row)s, seat %(number)s")
_TWO = _("Row %(row)s, seats %(number)s and %(last)s")


def short_name(row: str, number: str, last: str = "") -> str:
    """`F7`; `11-1` where row and number could be confused. `last` is the second number of a love seat: `F7/8`."""
    whole = f"{number}/{last}" if last else number
    return f"{row}{whole}" if _read_together(row, number) else f"{row}-{whole}"


def full_name(row: str, number: str, section: str = "") -> str:
    """The name that is unique in the auditorium: `F7`, or `Balcão 1-5`."""
    return f"{section} {short_name(row, number)}".strip()


def long_name(locale: str, row: str, number: str, section: str = "", last: str = "") -> str:
    """The name in words: `Row F, seat 7`, or `Balcão, row 1, seat 5`."""
    words = translate(locale, _TWO if last else _ONE, row=row, number=number, last=last)
    return f"{section}, {words[:1].lower()}{words[1:]}" if section else words


def spoken_name(locale: str, row: str, number: str, section: str = "", last: str = "") -> str:
    """The name for screen readers: `F7`, but `Row 11, seat 1`, because `111` would be read as one number."""
    if not _read_together(row, number):
        return long_name(locale, row, number, section, last)
    name = short_name(row, number, last)
    return f"{section}, {name}" if section else name


def _read_together(row: str, number: str) -> bool:
    """Whether row and number stay distinct when they are joined: `F7`, `F7b`, not `111`."""
    return not (row[-1:].isdigit() or row.endswith("-")) and _PLAIN_NUMBER.fullmatch(number) is not None
