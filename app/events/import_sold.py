"""What buyers rely on: a screening of which seats are sold or held keeps its version, its format and its length."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from app.core import db
from app.events.import_existing import TURNAROUND, Existing, Show
from app.events.import_files import Files
from app.events.models import ScreeningRow

# How many seats of each screening are sold or held, by its id; screenings without any may be left out. Given in by the
# caller: seats are claimed in a service above this one.
TakenSeats = Callable[[Collection[int]], Mapping[int, int]]


def check_sold(shows: Sequence[Show], existing: Existing, files: Files, taken: TakenSeats) -> None:
    """Complain about each screening that the files would change under its buyers."""
    changed = {
        before.id: (before, show)
        for show in shows
        if (before := existing.shows.get(show.ref)) is not None
        and before.status == "scheduled"
        and before.changes_to(show)
    }
    counts = taken(_locked_until_written(changed)) if changed else {}
    for screening_id, (before, show) in changed.items():
        if counts.get(screening_id):
            _complain(before, show, counts[screening_id], files)


def _locked_until_written(screening_ids: Collection[int]) -> list[int]:
    """Those of the screenings that are not over. A purchase that begins now waits until the import commits."""
    query = (
        select(ScreeningRow.id)
        .where(ScreeningRow.id.in_(screening_ids), ScreeningRow.ends_at > func.clock_timestamp())
        .order_by(ScreeningRow.id)
        .with_for_update()
    )
    return list(db.session().scalars(query))


def _complain(before: Show, show: Show, count: int, files: Files) -> None:
    assert show.place is not None
    said = [
        _said(name, getattr(before, name), value, before) for name, value in before.changes_to(show).items()
    ]
    seats = "1 seat is" if count == 1 else f"{count} seats are"
    files.complain(
        show.place,
        f"screening {show.ref!r} keeps {' and '.join(said)}: {seats} sold or held. Write it as it was, or call it off "
        f"(cancel-screening {before.id}) and give the new one another ref",
    )


def _said(name: str, old: object, new: object, before: Show) -> str:
    if isinstance(old, datetime) and isinstance(new, datetime):
        length, other = (end - before.starts_at - TURNAROUND for end in (old, new))
        minutes, others = (int(one.total_seconds() // 60) for one in (length, other))
        return f"its length of {minutes} minutes (not {others}; a column minutes with {minutes} keeps it)"
    return f"its {name} {old} (not {new})"
