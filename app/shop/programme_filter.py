"""The filter of the programme: day, site, version, format, hour, accessibility, read from the address."""

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
class ProgrammeFilter:
    """The screenings that the visitor wants to see. An unknown value in the address is ignored, never an error."""

    day: date | None = None
    cinema: str | None = None
    version: str | None = None
    format: str | None = None
    after: int | None = None
    accessible: bool = False

    @classmethod
    def of(
        cls, args: MultiDict[str, str], sites: list[Cinema], remembered: str | None = None
    ) -> ProgrammeFilter:
        """The filter of an address. `remembered` is the cinema of this device, used if the address has none."""
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
        """The programme's address with these fields changed."""
        return url_for("shop.programme", **replace(self, **changes).arguments())

    def film_url(self, slug: str, **changes: Any) -> str:
        """The address of a film's page with the same filter and these fields changed."""
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

    def matching(self, screenings: list[Screening]) -> list[Screening]:
        """The screenings that the filter lets through."""
        shown = [screening for screening in screenings if self._fits(screening)]
        return showtimes.with_free_wheelchair_space(shown) if self.accessible else shown

    def _fits(self, screening: Screening) -> bool:
        if self.version and screening.version != self.version:
            return False
        if self.format and screening.format != self.format:
            return False
        return self.after is None or _starts_after(screening, self.after)


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A link that sets a filter, or unsets one that is `on`."""

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
    """Whether it starts at this hour or later, by the site's clock; after midnight counts as late."""
    return screening.showtime.clock.hour >= hour or screening.showtime.is_after_midnight
