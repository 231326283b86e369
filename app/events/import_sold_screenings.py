"""Protect sold screenings: while seats are sold or held, an import does not change version, format and length.

With `change_sold` the import changes them nevertheless, and a message has the buyers notified.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.core import db
from app.events.import_existing import TURNAROUND, Existing, Show
from app.events.import_files import Files
from app.events.models import ScreeningRow
from app.events.views import Sales

# Returns how many seats of each screening are sold or held, by id; screenings without any may be left out. The caller
# passes it in, since reservation-service is above this one.
TakenSeats = Callable[[Collection[int]], Mapping[int, int]]
# Returns the sales of screenings by id; it comes from order-service, above this one.
SoldTickets = Callable[[Collection[int]], Mapping[int, Sales]]


@dataclass(frozen=True, slots=True)
class _Change:
    before: Show
    after: Show
    taken: int


def check_sold(
    shows: Sequence[Show],
    existing: Existing,
    files: Files,
    taken: TakenSeats,
    change_sold: SoldTickets | None = None,
) -> dict[int, str]:
    """Return a description of each change to a sold screening, by id.

    Without `change_sold` each of them is a problem. A change to a screening that has begun is always one: its buyers
    cannot be notified in time.
    """
    changed = {
        before.id: (before, show)
        for show in shows
        if (before := existing.shows.get(show.ref)) is not None
        and before.status == "scheduled"
        and before.changes_to(show)
    }
    has_begun = _lock_screenings(changed) if changed else {}
    counts = taken(list(has_begun)) if has_begun else {}
    changes = [
        _Change(*changed[screening_id], counts[screening_id])
        for screening_id in has_begun
        if counts.get(screening_id)
    ]
    if change_sold is None:
        for change in changes:
            _report_change(change, files)
        return {}
    for change in changes:
        if has_begun[change.before.id]:
            _report_begun(change, files)
    sold = change_sold([change.before.id for change in changes])
    return {change.before.id: _description(change, sold.get(change.before.id, Sales())) for change in changes}


def _lock_screenings(screening_ids: Collection[int]) -> dict[int, bool]:
    """Lock the screenings that are not over; return for each whether it has begun.

    New orders and payments for them wait until the import commits.
    """
    now = func.clock_timestamp()
    query = (
        select(ScreeningRow.id, ScreeningRow.starts_at <= now)
        .where(ScreeningRow.id.in_(screening_ids), ScreeningRow.ends_at > now)
        .order_by(ScreeningRow.id)
        .with_for_update()
    )
    return {row[0]: row[1] for row in db.session().execute(query)}


def _report_change(change: _Change, files: Files) -> None:
    before, show = change.before, change.after
    assert show.place is not None
    kept = [
        _kept_value(name, getattr(before, name), value, before)
        for name, value in before.changes_to(show).items()
    ]
    files.add_problem(
        show.place,
        f"screening {show.ref!r} keeps {' and '.join(kept)}: {_seats(change.taken)} sold or held. Write it as it was; "
        "or change it, tell its buyers and let them give back (--change-sold); or call it off "
        f"(cancel-screening {before.id}) and give the new one another ref",
    )


def _report_begun(change: _Change, files: Files) -> None:
    assert change.after.place is not None
    files.add_problem(
        change.after.place,
        f"screening {change.after.ref!r} has begun, and {_seats(change.taken)} sold or held: its buyers can no longer "
        "be told in time. Write it as it was",
    )


def _kept_value(name: str, old: object, new: object, before: Show) -> str:
    if isinstance(old, datetime) and isinstance(new, datetime):
        minutes, others = _minutes(before, old), _minutes(before, new)
        return f"its length of {minutes} minutes (not {others}; a column minutes with {minutes} keeps it)"
    return f"its {name} {old} (not {new})"


def _minutes(show: Show, ends_at: datetime) -> int:
    return int((ends_at - show.starts_at - TURNAROUND).total_seconds() // 60)


def _seats(count: int) -> str:
    return "1 seat is" if count == 1 else f"{count} seats are"


def _description(change: _Change, sold: Sales) -> str:
    before, show = change.before, change.after
    where = f"{show.film}, {' '.join(show.room)}, {show.clock:%Y-%m-%d %H:%M}"
    tickets = "1 ticket" if sold.tickets == 1 else f"{sold.tickets} tickets"
    buyers = "1 buyer" if sold.buyers == 1 else f"{sold.buyers} buyers"
    held = max(0, change.taken - sold.tickets)
    more = f"; {'1 more seat is' if held == 1 else f'{held} more seats are'} held" if held else ""
    return (
        f"screening {show.ref!r} ({where}) changes from {_presentation(before)} to {_presentation(show)}: "
        f"{tickets} of {buyers}, told by mail, may be given back until it begins{more}"
    )


def _presentation(show: Show) -> str:
    return f"{show.version}, {show.format}, {_minutes(show, show.ends_at)} minutes"
