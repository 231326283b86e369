"""The presentation of a screening (language, format, length): read it under a lock, read former ones, change it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import db
from app.core.errors import NotFound
from app.events.cache import READINGS
from app.events.models import ScreeningChangeRow, ScreeningRow
from app.events.queries import load_screenings, screening_query
from app.events.views import Presentation, Screening


def lock_presentation(screening: Screening) -> Screening:
    """Lock the presentation of a screening until the caller commits; return the screening with the current one.

    `screening` may be two seconds old. It takes one statement unless the presentation has changed. Raises NotFound.
    """
    # An import locks the row `for update`, so each waits for the other's commit. Claims and orders do not wait.
    query = select(ScreeningRow.revision).where(ScreeningRow.id == screening.id)
    revision = db.session().execute(query.with_for_update(read=True, key_share=True)).scalar()
    if revision is None:
        raise NotFound(f"screening {screening.id}")
    if revision == screening.revision:
        return screening
    READINGS.clear()
    (found,) = load_screenings(screening_query().where(ScreeningRow.id == screening.id))
    return found


def former_presentation(screening: Screening, revision: int) -> Presentation | None:
    """Return the presentation at a former revision; None for the current one and for unknown ones."""
    if revision == screening.revision:
        return None
    query = select(ScreeningChangeRow).where(
        ScreeningChangeRow.screening_id == screening.id, ScreeningChangeRow.revision == revision
    )
    row = db.session().scalar(query)
    return (
        Presentation(row.version, row.format, screening.starts_at + row.length) if row is not None else None
    )


def change(screening_id: int, changes: Mapping[str, str | datetime]) -> int:
    """Change `version`, `format` or `ends_at` of a screening and store the former values; return the new revision.

    The caller has locked the row for update if seats are sold, and has called `begin_programme_change`.
    """
    length = ScreeningRow.ends_at - ScreeningRow.starts_at
    row = (ScreeningRow.id, ScreeningRow.revision, ScreeningRow.version, ScreeningRow.format, length)
    columns = ["screening_id", "revision", "version", "format", "length"]
    former = select(*row).where(ScreeningRow.id == screening_id)
    db.session().execute(insert(ScreeningChangeRow).from_select(columns, former))
    changed = update(ScreeningRow).where(ScreeningRow.id == screening_id)
    values = dict(changes) | {"revision": ScreeningRow.revision + 1}
    return db.session().scalars(changed.values(values).returning(ScreeningRow.revision)).one()
