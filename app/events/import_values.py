"""Convert the values of records from text to numbers, hours, prices and names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.money import parse_money
from app.core.text_input import visible_line
from app.events.models import AGE_RATINGS, FORMATS, PAPER_COLOURS, VERSIONS

_SLUG = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_HOUR = r"[ T]+(?P<hour>\d\d?)[:h](?P<minute>\d\d)(?P<seconds>:\d\d(?:[.,]\d+)?)?"
_BRAZILIAN_DAY = re.compile(rf"(?P<day>\d\d?)/(?P<month>\d\d?)/(?P<year>\d{{4}}){_HOUR}", re.IGNORECASE)
_ISO_DAY = re.compile(
    rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d){_HOUR} ?(?P<offset>Z|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"(-?\d{1,6})(?:[.,]0+)?")
_VERSIONS_IN_PORTUGUESE = {"dublado": "dubbed", "legendado": "subtitled"}
MOST_TEXT = 4000
LONGEST_ADDRESS = 500
POSTERS = Path(__file__).resolve().parents[2] / "static" / "img" / "posters"


class InvalidValue(ValueError):
    """The value is invalid; the message is the reason, to be shown after the column's name."""


def read(kind: str, name: str, value: object) -> Any:
    """Return the value of the column `name` of a `kind`. Raises InvalidValue."""
    return _READERS.get((kind, name), _text)(value)


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON's 1931.0
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InvalidValue(f"{value!r} is no text")
    text = visible_line(str(value))
    if len(text) > MOST_TEXT:
        raise InvalidValue(f"is longer than {MOST_TEXT} letters")
    return text


def _slug(value: object) -> str:
    text = _text(value)
    if not _SLUG.match(text) or len(text) > 80:
        raise InvalidValue(f"{text[:60]!r} must be of small letters a-z, digits and single dashes")
    return text


def _short(value: object) -> str:
    text = _text(value)
    if len(text) > 60:
        raise InvalidValue(f"{text[:30]!r}… is longer than 60 letters")
    return text


def _ref(value: object) -> str:
    text = _short(value)
    if text.lower().startswith("demo:"):
        raise InvalidValue("names that begin with 'demo:' are the demo's own")
    return text


def _web_address(value: object) -> str:
    """Return an https address of another site, to which pages may link: no script, no plain http."""
    text = _text(value)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a bracket that does not close, a port that is none
        host, port, parts = "", None, urlsplit("")
    clean = text.isprintable() and not set(text) & set(' "<>\\') and len(text) <= LONGEST_ADDRESS
    if not clean or parts.scheme != "https" or "." not in host or "@" in parts.netloc or port == 0:
        raise InvalidValue(f"{text[:40]!r} is no address such as https://www.youtube.com/watch?v=…")
    return text


def _poster(value: object) -> str:
    slug = _slug(value)
    if not (POSTERS / f"{slug}.svg").is_file():
        raise InvalidValue(f"there is no {slug}.svg in static/img/posters")
    return slug


def _whole(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        text = _text(value)
        match = _WHOLE.fullmatch(text)
        if match is None or not least <= int(match[1]) <= most:
            raise InvalidValue(f"{text[:30]!r} is no whole number from {least} to {most}")
        return int(match[1])

    return read


def _without_decimals(text: str) -> str:
    """Return `1` for `1.0`, as spreadsheets write labels and ages; any other text as it is."""
    match = _WHOLE.fullmatch(text)
    return match[1] if match else text


def _label(value: object) -> str:
    return _without_decimals(_short(value))


def _one_of(
    choices: tuple[str, ...], others: Mapping[str, str] = MappingProxyType({})
) -> Callable[[object], str]:
    """Return a reader for one of `choices` or a key of `others`, ignoring case."""
    by_small = {choice.lower(): choice for choice in choices} | dict(others)

    def read(value: object) -> str:
        text = _without_decimals(_text(value))
        if text.lower() not in by_small:
            raise InvalidValue(f"{text[:30]!r} is none of {', '.join(choices)}")
        return by_small[text.lower()]

    return read


def _names(value: object) -> list[str]:
    """Return the names in `Drama|Romance` or in a JSON list."""
    parts = value if isinstance(value, list) else str(value).split("|")
    return [text for part in parts if (text := _short(part))]


def _seat_names(value: object) -> list[str]:
    """Return the seats in `A1 A2`, in `Balcão Nobre 1-5|Balcão Nobre 1-6` (names with blanks) or in a JSON list."""
    if isinstance(value, list):
        return [str(part) for part in value]
    text = _text(value)
    return [name for part in text.split("|") if (name := part.strip())] if "|" in text else text.split()


def _zone_codes(value: object) -> list[str]:
    parts = value if isinstance(value, list) else _text(value).replace("|", " ").split()
    return [_slug(part) for part in parts]


def _lines(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        raise InvalidValue("must be a list of texts, one a row")
    return value


def _zone_names(value: object) -> dict[str, tuple[str, str]]:
    """Return zone names by code. JSON: `{"vip": ["VIP", "VIP"]}`; CSV: `vip=VIP/VIP|love=Casal/Love seats`."""
    if isinstance(value, str):
        pairs = [part.partition("=")[::2] for part in value.split("|")]
        value = {code.strip(): [name.strip() for name in names.split("/")] for code, names in pairs}
    if not isinstance(value, dict):
        raise InvalidValue("must name zones by their code")
    found: dict[str, tuple[str, str]] = {}
    for code, names in value.items():
        listed = names if isinstance(names, list) else [names]
        if not 1 <= len(listed) <= 2 or not all(isinstance(name, str) and name for name in listed):
            raise InvalidValue(f"the zone {code!r} needs a name, and may have an English one")
        found[_slug(code)] = (listed[0], listed[-1])
    return found


def _moment(value: object) -> datetime:
    """Return `2026-12-01 20:30` or `01/12/2026 20:30` as a naive local time.

    ISO 8601 may have an offset (`2026-12-01T20:30:00-03:00`, `…23:30:00Z`); then the result is aware.
    """
    text = _text(value)
    match = _ISO_DAY.fullmatch(text) or _BRAZILIAN_DAY.fullmatch(text)
    if match is None:
        raise InvalidValue(f"{text[:30]!r} is no day and hour such as 2026-12-01 20:30")
    parts = match.groupdict()
    if (parts["seconds"] or "").strip(":.,0"):
        raise InvalidValue(f"{text[:30]!r} has seconds: screenings begin at a whole minute")
    try:
        offset = _offset(parts.get("offset"))
        year, month, day, hour, minute = (
            int(parts[name]) for name in ("year", "month", "day", "hour", "minute")
        )
        # Without an offset it is local time; the zone of the site is not known here.
        return datetime(year, month, day, hour, minute, tzinfo=offset)
    except ValueError as error:
        raise InvalidValue(f"{text[:30]!r} is not in the calendar: {error}") from None


def _offset(text: str | None) -> timezone | None:
    """Return the offset in `Z`, `-03:00`, `-0300` or `-03`. Raises ValueError."""
    if text is None:
        return None
    if text.upper() == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    if minutes > 59:
        raise ValueError("minutes of the offset must be in 0..59")
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)


def _timezone(value: object) -> str:
    text = _text(value)
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValue(f"{text[:40]!r} is no time zone such as America/Sao_Paulo") from None
    return text


def _price(value: object) -> int:
    if isinstance(value, float) and round(value, 2) == value:
        value = f"{value:.2f}"  # JSON's 38.5
    try:
        price = parse_money(_text(value))
    except ValueError:
        raise InvalidValue(f"{str(value)[:30]!r} is no amount such as 38,00") from None
    if price > 1_000_000:
        raise InvalidValue(f"{str(value)[:30]!r} is more than R$ 10.000")
    return price


_READERS: Mapping[tuple[str, str], Callable[[object], Any]] = {
    ("cinemas", "slug"): _slug,
    ("cinemas", "timezone"): _timezone,
    ("cinemas", "sales_cutoff_minutes"): _whole(-1440, 240),
    ("rooms", "cinema"): _slug,
    ("rooms", "label"): _label,
    ("rooms", "paper_colour"): _one_of(PAPER_COLOURS),
    ("rooms", "rows"): _lines,
    ("rooms", "zones"): _zone_names,
    ("rooms", "wheelchair"): _seat_names,
    ("rooms", "companion"): _seat_names,
    ("rooms", "wide"): _seat_names,
    ("rooms", "screen"): _one_of(("top", "bottom"), {"cima": "top", "baixo": "bottom"}),
    ("rooms", "not_sold"): _seat_names,
    ("rooms", "not_sold_zones"): _zone_codes,
    ("films", "slug"): _slug,
    ("films", "year"): _whole(1888, 2200),
    ("films", "duration_minutes"): _whole(1, 1200),
    ("films", "age_rating"): _one_of(AGE_RATINGS, {"livre": "L"}),
    ("films", "genres"): _names,
    ("films", "genres_en"): _names,
    ("films", "poster"): _poster,
    ("films", "trailer"): _web_address,
    ("films", "position"): _whole(0, 100_000),
    ("screenings", "ref"): _ref,
    ("screenings", "film"): _slug,
    ("screenings", "cinema"): _slug,
    ("screenings", "room"): _label,
    ("screenings", "starts"): _moment,
    ("screenings", "version"): _one_of(VERSIONS, _VERSIONS_IN_PORTUGUESE),
    ("screenings", "format"): _one_of(FORMATS),
    ("screenings", "minutes"): _whole(1, 1440),
    ("screenings", "price_list"): _short,
    ("prices", "price_list"): _short,
    ("prices", "zone"): _slug,
    ("prices", "price"): _price,
}
