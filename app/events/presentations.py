"""The former presentations of a screening (language, format, length): read them, and store one at a change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import db
from app.events.models import ScreeningChangeRow, ScreeningRow
from app.events.views import Presentation, Screening


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
