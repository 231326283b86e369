"""Keep the local hours of screenings when time zones change, by moving their times in UTC.

A screening stores the local hour and the time zone of its start as they were published. When a country changes the
rules of a zone (a new version of the zone database), or a site's zone is corrected, the local hour stays, and
`starts_at` and `ends_at` of screenings that have not begun move. Issued tickets are updated by message.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from app.core import db
from app.core.i18n import local
from app.core.messages import ScreeningRetimed
from app.core.outbox import publish
from app.core.showtime import moment_at
from app.events.cache import begin_programme_change
from app.events.models import AuditoriumRow, CinemaRow, ScreeningRow

log = logging.getLogger("bilheteria.events")

READERS_FINISH_SECONDS = 10.0  # transactions that issue tickets now may have read the old time


@dataclass(frozen=True, slots=True)
class _Stored:
    """A stored screening that is not over; `clock` is None in rows of older versions."""

    id: int
    name: str
    auditorium_id: int
    starts_at: datetime
    ends_at: datetime
    clock: datetime | None
    timezone: str
    is_scheduled: bool
    has_begun: bool

    @property
    def agreed(self) -> datetime:
        return self.clock or local(self.starts_at, self.timezone).replace(tzinfo=None)


@dataclass
class Realigned:
    """The result. `moved`: ids of screenings whose times changed. `problems`: why others could not, a line each."""

    moved: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def realign() -> Realigned:
    """Move all screenings that no longer match their local hour, in the caller's transaction."""
    stored = _stored()
    if any(one.clock is None or _shift(one) for one in stored):
        begin_programme_change()
        stored = _stored()
        _write_clocks(stored)
    return _move(stored)


def change_zone(cinema_id: int, timezone: str) -> Realigned:
    """Give the site's screenings that have not begun another time zone; they keep their local hours.

    The caller's transaction has called `begin_programme_change` and must roll back if there are problems.
    """
    _write_clocks(_stored(cinema_id))
    rooms = select(AuditoriumRow.id).where(AuditoriumRow.cinema_id == cinema_id)
    db.session().execute(
        update(ScreeningRow)
        .where(ScreeningRow.auditorium_id.in_(rooms), ScreeningRow.starts_at > func.clock_timestamp())
        .values(timezone=timezone)
        .execution_options(synchronize_session=False)
    )
    return _move(_stored(cinema_id))


def _stored(cinema_id: int | None = None) -> list[_Stored]:
    query = (
        select(
            ScreeningRow.__table__,
            func.coalesce(ScreeningRow.timezone, CinemaRow.timezone).label("zone"),
            (ScreeningRow.starts_at <= func.clock_timestamp()).label("has_begun"),
        )
        .join(AuditoriumRow, AuditoriumRow.id == ScreeningRow.auditorium_id)
        .join(CinemaRow, CinemaRow.id == AuditoriumRow.cinema_id)
        .where(or_(ScreeningRow.ends_at > func.clock_timestamp(), ScreeningRow.starts_local.is_(None)))
        .order_by(ScreeningRow.starts_at, ScreeningRow.id)
    )
    if cinema_id is not None:
        query = query.where(AuditoriumRow.cinema_id == cinema_id)
    return [
        _Stored(
            id=row.id,
            name=row.external_ref or f"screening {row.id}",
            auditorium_id=row.auditorium_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            clock=row.starts_local,
            timezone=row.zone,
            is_scheduled=row.status == "scheduled",
            has_begun=row.has_begun,
        )
        for row in db.session().execute(query)
    ]


def _write_clocks(stored: Iterable[_Stored]) -> None:
    """Store the local hour of rows that an older version wrote without it."""
    for one in stored:
        if one.clock is None:
            _update(one.id, starts_local=one.agreed, timezone=one.timezone)


def _shift(one: _Stored) -> timedelta | None:
    """Return how far the start must move; zero if it is right; None if the zone's clocks skip the local hour."""
    if one.has_begun or local(one.starts_at, one.timezone).replace(tzinfo=None) == one.agreed:
        return timedelta(0)
    moment = moment_at(one.agreed, one.timezone)
    return moment - one.starts_at if moment is not None else None


def _move(stored: Sequence[_Stored]) -> Realigned:
    result = Realigned()
    moves: list[tuple[_Stored, timedelta]] = []
    for one in stored:
        shift = _shift(one)
        if shift is None:
            result.problems.append(
                f"{one.name!r}: the clocks of {one.timezone} skip {one.agreed:%Y-%m-%d %H:%M}"
            )
        elif shift:
            moves.append((one, shift))
    blocked = _overlapping(stored, {one.id: shift for one, shift in moves}, result)
    # The database refuses overlaps at every step: move the last screenings first where times move later, and the first
    # ones first where they move earlier.
    later = [move for move in reversed(moves) if move[1] > timedelta(0)]
    earlier = [move for move in moves if move[1] < timedelta(0)]
    for one, shift in later + earlier:
        if one.auditorium_id not in blocked:
            _update(one.id, starts_at=one.starts_at + shift, ends_at=one.ends_at + shift)
            publish(ScreeningRetimed(screening_id=one.id), delay=READERS_FINISH_SECONDS)
            result.moved.append(one.id)
    return result


def _overlapping(stored: Sequence[_Stored], shifts: dict[int, timedelta], result: Realigned) -> set[int]:
    """Return the auditoriums in which screenings would overlap after the move; their screenings are not moved."""
    blocked: set[int] = set()
    latest: dict[int, tuple[datetime, _Stored]] = {}
    moved = [(one.starts_at + shifts.get(one.id, timedelta(0)), one) for one in stored if one.is_scheduled]
    for start, one in sorted(moved, key=lambda pair: (pair[0], pair[1].id)):
        end = start + (one.ends_at - one.starts_at)
        before = latest.get(one.auditorium_id)
        if before is not None and start < before[0]:
            blocked.add(one.auditorium_id)
            result.problems.append(
                f"{one.name!r} would overlap {before[1].name!r} by the clock of {one.timezone}"
            )
        if before is None or end > before[0]:
            latest[one.auditorium_id] = (end, one)
    return blocked


def _update(screening_id: int, **values: object) -> None:
    db.session().execute(
        update(ScreeningRow)
        .where(ScreeningRow.id == screening_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
