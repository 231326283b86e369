"""What a visitor of the programme asked to see, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from app.events.service import Cinema, Screening
from app.shop import showtimes

VERSIONS = ("dubbed", "subtitled", "original")
FORMATS = ("2D", "3D")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the visitor asked to see. What the address says and we do not know is left out, never an error."""

    day: date | None = None
    cinema: str | None = None
    version: str | None = None
    format: str | None = None
    after: int | None = None
    accessible: bool = False

    @classmethod
    def of(cls, args: MultiDict[str, str], sites: list[Cinema], remembered: str | None = None) -> Choice:
        """`remembered` is the cinema of this device (see cinema.py); one in the address goes before it."""
        cinema = args.get("cinema", remembered)
        version, format_ = args.get("version"), args.get("format", "").upper()
        after = args.get("after", "")
        return cls(
            day=_day(args.get("day", "")),
            cinema=cinema if cinema in {site.slug for site in sites} else None,
            version=version if version in VERSIONS else None,
            format=format_ if format_ in FORMATS else None,
            after=int(after)
            if after.isascii() and after.isdigit() and len(after) < 3 and int(after) < 24
            else None,
            accessible=args.get("accessible") in ("1", "on", "true"),
        )

    @property
    def filtered(self) -> bool:
        return bool(self.version or self.format or self.after is not None or self.accessible)

    def url(self, **changes: Any) -> str:
        """The programme's address with these things changed."""
        return url_for("shop.programme", **replace(self, **changes).arguments())

    def film_url(self, slug: str, **changes: Any) -> str:
        """The address of a film's page on which the same is chosen, with these things changed."""
        return url_for("shop.film", slug=slug, **replace(self, **changes).arguments())

    def arguments(self) -> dict[str, Any]:
        return {
            "day": self.day.isoformat() if self.day else None,
            "cinema": self.cinema,
            "version": self.version,
            "format": self.format,
            "after": self.after,
            "accessible": 1 if self.accessible else None,
        }

    def of_these(self, screenings: list[Screening]) -> list[Screening]:
        """Those that are to be shown."""
        shown = [screening for screening in screenings if self._fits(screening)]
        return showtimes.with_free_wheelchair_space(shown) if self.accessible else shown

    def _fits(self, screening: Screening) -> bool:
        if self.version and screening.version != self.version:
            return False
        if self.format and screening.format != self.format:
            return False
        return self.after is None or _starts_after(screening, self.after)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that one tap sets and another takes off."""

    label: str
    url: str
    on: bool


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _starts_after(screening: Screening, hour: int) -> bool:
    """By the clock of the site; after midnight is late, not early."""
    return screening.showtime.clock.hour >= hour or screening.showtime.is_after_midnight
