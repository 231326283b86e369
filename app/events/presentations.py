"""How a screening is presented: how it was before a change, how it is at this very moment, and the change itself."""

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


def as_it_stands(screening: Screening) -> Screening:
    """The screening with the presentation that it has now; no import changes that before the caller commits.

    `screening` itself may be two seconds old. Costs one statement unless it has changed. Raises NotFound.
    """
    # An import takes the row `for update`: each waits for the other to commit. Claims and orders do not wait here.
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
    """How the screening was presented at a former revision; None for the present one and for unknown ones."""
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
    """Give a screening another `version`, `format` or `ends_at`, and keep what it was; returns its new revision.

    The caller has locked the row for update where seats are sold, and has said `programme_changes`.
    """
    length = ScreeningRow.ends_at - ScreeningRow.starts_at
    row = (ScreeningRow.id, ScreeningRow.revision, ScreeningRow.version, ScreeningRow.format, length)
    columns = ["screening_id", "revision", "version", "format", "length"]
    former = select(*row).where(ScreeningRow.id == screening_id)
    db.session().execute(insert(ScreeningChangeRow).from_select(columns, former))
    changed = update(ScreeningRow).where(ScreeningRow.id == screening_id)
    values = dict(changes) | {"revision": ScreeningRow.revision + 1}
    return db.session().scalars(changed.values(values).returning(ScreeningRow.revision)).one()
