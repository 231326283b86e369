"""The values of a programme's records: texts become numbers, hours, prices and names, or what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.money import parse_money
from app.events.models import AGE_RATINGS, FORMATS, STOCKS, VERSIONS

_SLUG = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_BRAZILIAN_DAY = re.compile(r"^(\d\d?)/(\d\d?)/(\d{4})[ T]+(\d\d?)[:h](\d\d)(?::00)?$")
_ISO_DAY = re.compile(r"^(\d{4})-(\d\d)-(\d\d)[ T]+(\d\d?)[:h](\d\d)(?::00)?$")
_VERSIONS_IN_PORTUGUESE = {"dublado": "dubbed", "legendado": "subtitled"}
MOST_TEXT = 4000
POSTERS = Path(__file__).resolve().parents[2] / "static" / "img" / "posters"


class Wrong(ValueError):
    """The value cannot be read; the message says why, after the column's name."""


def read(kind: str, name: str, value: object) -> Any:
    """What the column `name` of a `kind` says. Raises Wrong."""
    return _READERS.get((kind, name), _text)(value)


def _text(value: object) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise Wrong(f"{value!r} is no text")
    text = " ".join(str(value).split())
    if len(text) > MOST_TEXT:
        raise Wrong(f"is longer than {MOST_TEXT} letters")
    return text


def _slug(value: object) -> str:
    text = _text(value)
    if not _SLUG.match(text) or len(text) > 80:
        raise Wrong(f"{text[:60]!r} must be of small letters a-z, digits and single dashes")
    return text


def _short(value: object) -> str:
    text = _text(value)
    if len(text) > 60:
        raise Wrong(f"{text[:30]!r}… is longer than 60 letters")
    return text


def _ref(value: object) -> str:
    text = _short(value)
    if text.lower().startswith("demo:"):
        raise Wrong("names that begin with 'demo:' are the demo's own")
    return text


def _poster(value: object) -> str:
    slug = _slug(value)
    if not (POSTERS / f"{slug}.svg").is_file():
        raise Wrong(f"there is no {slug}.svg in static/img/posters")
    return slug


def _whole(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        text = _text(value)
        if not re.fullmatch(r"-?\d{1,6}", text) or not least <= int(text) <= most:
            raise Wrong(f"{text[:30]!r} is no whole number from {least} to {most}")
        return int(text)

    return read


def _one_of(
    choices: tuple[str, ...], others: Mapping[str, str] = MappingProxyType({})
) -> Callable[[object], str]:
    """One of `choices`, however its letters are written, or a key of `others`."""
    by_small = {choice.lower(): choice for choice in choices} | dict(others)

    def read(value: object) -> str:
        text = _text(value)
        if text.lower() not in by_small:
            raise Wrong(f"{text[:30]!r} is none of {', '.join(choices)}")
        return by_small[text.lower()]

    return read


def _names(value: object) -> list[str]:
    """`Drama|Romance`, or a JSON list."""
    parts = value if isinstance(value, list) else str(value).split("|")
    return [text for part in parts if (text := _short(part))]


def _seat_names(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else _text(value).split()


def _lines(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        raise Wrong("must be a list of texts, one a row")
    return value


def _zone_names(value: object) -> dict[str, tuple[str, str]]:
    """JSON: `{"vip": "VIP"}` or `{"vip": ["VIP", "VIP"]}`; CSV: `vip=VIP/VIP|love=Casal/Love seats`."""
    if isinstance(value, str):
        pairs = [part.partition("=")[::2] for part in value.split("|")]
        value = {code.strip(): [name.strip() for name in names.split("/")] for code, names in pairs}
    if not isinstance(value, dict):
        raise Wrong("must name zones by their code")
    found: dict[str, tuple[str, str]] = {}
    for code, names in value.items():
        listed = names if isinstance(names, list) else [names]
        if not 1 <= len(listed) <= 2 or not all(isinstance(name, str) and name for name in listed):
            raise Wrong(f"the zone {code!r} needs a name, and may have an English one")
        found[_slug(code)] = (listed[0], listed[-1])
    return found


def _moment(value: object) -> datetime:
    """`2026-12-01 20:30` or `01/12/2026 20:30`, without a zone: the cinema's clock."""
    text = _text(value)
    if match := _ISO_DAY.match(text):
        year, month, day, hour, minute = (int(part) for part in match.groups())
    elif match := _BRAZILIAN_DAY.match(text):
        day, month, year, hour, minute = (int(part) for part in match.groups())
    else:
        raise Wrong(f"{text[:30]!r} is no day and hour such as 2026-12-01 20:30")
    try:
        return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - the zone is the cinema's, known later
    except ValueError as error:
        raise Wrong(f"{text[:30]!r} is not in the calendar: {error}") from None


def _timezone(value: object) -> str:
    text = _text(value)
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Wrong(f"{text[:40]!r} is no time zone such as America/Sao_Paulo") from None
    return text


def _price(value: object) -> int:
    if isinstance(value, float) and round(value, 2) == value:
        value = f"{value:.2f}"  # JSON's 38.5
    try:
        price = parse_money(_text(value))
    except ValueError:
        raise Wrong(f"{str(value)[:30]!r} is no amount such as 38,00") from None
    if price > 1_000_000:
        raise Wrong(f"{str(value)[:30]!r} is more than R$ 10.000")
    return price


_READERS: Mapping[tuple[str, str], Callable[[object], Any]] = {
    ("cinemas", "slug"): _slug,
    ("cinemas", "timezone"): _timezone,
    ("cinemas", "sales_cutoff_minutes"): _whole(-1440, 240),
    ("rooms", "cinema"): _slug,
    ("rooms", "label"): _short,
    ("rooms", "stock"): _one_of(STOCKS),
    ("rooms", "rows"): _lines,
    ("rooms", "zones"): _zone_names,
    ("rooms", "wheelchair"): _seat_names,
    ("rooms", "companion"): _seat_names,
    ("rooms", "wide"): _seat_names,
    ("films", "slug"): _slug,
    ("films", "year"): _whole(1888, 2200),
    ("films", "duration_minutes"): _whole(1, 1200),
    ("films", "age_rating"): _one_of(AGE_RATINGS, {"livre": "L"}),
    ("films", "genres"): _names,
    ("films", "genres_en"): _names,
    ("films", "poster"): _poster,
    ("films", "position"): _whole(0, 100_000),
    ("screenings", "ref"): _ref,
    ("screenings", "film"): _slug,
    ("screenings", "cinema"): _slug,
    ("screenings", "room"): _short,
    ("screenings", "starts"): _moment,
    ("screenings", "version"): _one_of(VERSIONS, _VERSIONS_IN_PORTUGUESE),
    ("screenings", "format"): _one_of(FORMATS),
    ("screenings", "minutes"): _whole(1, 1440),
    ("screenings", "price_list"): _short,
    ("prices", "price_list"): _short,
    ("prices", "zone"): _slug,
    ("prices", "price"): _price,
}
