"""The views of event-service. Times are aware, UTC; money is in centavos."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from app.core.seat_names import long_name, short_name, spoken_name
from app.core.showtime import Showtime


def _english(locale: str) -> bool:
    return locale.startswith("en")


@dataclass(frozen=True, slots=True)
class Cinema:
    id: int
    slug: str
    name: str
    address: str
    city: str
    timezone: str
    sales_cutoff_minutes: int


@dataclass(frozen=True, slots=True)
class Film:
    id: int
    slug: str
    title: str
    title_en: str
    original_title: str
    year: int
    director: str
    duration_minutes: int
    age_rating: str
    age_reasons: str
    age_reasons_en: str
    genres: tuple[str, ...]
    genres_en: tuple[str, ...]
    synopsis: str
    synopsis_en: str
    poster: str
    trailer: str
    position: int

    def title_in(self, locale: str) -> str:
        return (_english(locale) and self.title_en) or self.title

    def synopsis_in(self, locale: str) -> str:
        return (_english(locale) and self.synopsis_en) or self.synopsis

    def genres_in(self, locale: str) -> tuple[str, ...]:
        return (self.genres_en if _english(locale) else ()) or self.genres

    def age_reasons_in(self, locale: str) -> str:
        return (_english(locale) and self.age_reasons_en) or self.age_reasons


@dataclass(frozen=True, slots=True)
class Presentation:
    """Version, format and end of a screening. Buyers rely on them, and an import may change them.

    `version` is dubbed, subtitled or original; `format` 2D or 3D; `ends_at` aware, UTC.
    """

    version: str
    format: str
    ends_at: datetime

    def as_json(self) -> dict[str, str]:
        return {"version": self.version, "format": self.format, "ends_at": self.ends_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Screening:
    """One showing of a film in an auditorium. `capacity` counts the places for sale.

    `prices` is the full price by zone id; `from_price` is the lowest one of the zones for sale.
    `showtime` is the local start, from which all texts take date and hour.
    `revision` counts the changes of the presentation. `paper_colour` is that of the ticket paper.
    """

    id: int
    film: Film
    cinema: Cinema
    auditorium_id: int
    auditorium_label: str
    auditorium_name: str
    paper_colour: str
    capacity: int
    starts_at: datetime
    ends_at: datetime
    showtime: Showtime
    sales_close_at: datetime
    version: str
    format: str
    status: str
    cancel_reason: str
    prices: Mapping[int, int]
    from_price: int
    revision: int = 0

    @property
    def presentation(self) -> Presentation:
        return Presentation(self.version, self.format, self.ends_at)


@dataclass(frozen=True, slots=True)
class Sales:
    """The sales of a screening: paid tickets, and the number of their buyers."""

    tickets: int = 0
    buyers: int = 0


@dataclass(frozen=True, slots=True)
class Zone:
    id: int
    code: str
    name: str
    name_en: str
    position: int

    def name_in(self, locale: str) -> str:
        return self.name_en if _english(locale) else self.name

    @property
    def is_standard(self) -> bool:
        """Return whether this is the default zone, which pages do not name."""
        return self.code == "standard"


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat. `name` is unique in its auditorium (`F7`, `Balcão 1-5`: core/seat_names.py).

    `column` is its position in the grid, in which aisles are gaps. A seat that is not `for_sale` is shown as taken.
    """

    id: int
    row_label: str
    row_index: int
    number: str
    name: str
    column: int
    width: int
    kind: str
    zone_id: int
    zone_code: str
    zone_name: str
    companion_of: int | None
    section: str = ""
    for_sale: bool = True

    @property
    def short_name(self) -> str:
        """Return the name on the seat map, without the section."""
        return short_name(self.row_label, self.number)

    def long_name(self, locale: str) -> str:
        return long_name(locale, self.row_label, self.number, self.section)

    def spoken_name(self, locale: str) -> str:
        return spoken_name(locale, self.row_label, self.number, self.section)


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """The seats of an auditorium by row and column; `rows` has one tuple a row, from the screen back.

    `love_seat_partners` maps each place of a love seat to the other one; `not_sold` are the seats not for sale.
    """

    auditorium_id: int
    seats: tuple[Seat, ...]
    by_id: Mapping[int, Seat] = field(compare=False)
    rows: tuple[tuple[Seat, ...], ...] = field(compare=False)
    zones: tuple[Zone, ...]
    love_seat_partners: Mapping[int, int] = field(compare=False)
    not_sold: frozenset[int] = field(compare=False)
    digest: int = field(compare=False, repr=False)

    def __hash__(self) -> int:
        """Return the stored hash: plans have hundreds of seats and are cache keys."""
        return self.digest

    @classmethod
    def of(cls, auditorium_id: int, seats: tuple[Seat, ...], zones: Sequence[Zone]) -> SeatPlan:
        rows: dict[int, list[Seat]] = {}
        for seat in seats:
            rows.setdefault(seat.row_index, []).append(seat)
        ordered = tuple(sorted(zones, key=lambda zone: (zone.position, zone.id)))
        return cls(
            auditorium_id=auditorium_id,
            seats=seats,
            by_id=MappingProxyType({seat.id: seat for seat in seats}),
            rows=tuple(tuple(rows[index]) for index in sorted(rows)),
            zones=ordered,
            love_seat_partners=MappingProxyType(_love_seat_partners(seats)),
            not_sold=frozenset(seat.id for seat in seats if not seat.for_sale),
            digest=hash((auditorium_id, seats, ordered)),
        )

    def keeps_love_seats_whole(self, seat_ids: Collection[int]) -> bool:
        """Return whether `seat_ids` contains both places or none of each love seat."""
        return all(self.love_seat_partners.get(seat_id, seat_id) in seat_ids for seat_id in seat_ids)

    @property
    def columns(self) -> int:
        """Return the number of grid columns of the widest row."""
        return max(seat.column + seat.width for seat in self.seats) if self.seats else 0


def _love_seat_partners(seats: Sequence[Seat]) -> dict[int, int]:
    pairs = {seat.id: seat.companion_of for seat in seats if seat.kind == "love" and seat.companion_of}
    return pairs | {other: one for one, other in pairs.items()}
