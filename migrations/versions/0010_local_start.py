"""The hour and the zone of a screening's start, as they were agreed with people.

The columns may be empty: processes of the version before still write screenings without them while they are replaced.
What they write is filled in by the worker (app/events/local_hours.py).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("screenings", sa.Column("starts_local", sa.DateTime(), nullable=True), schema="events")
    op.add_column("screenings", sa.Column("timezone", sa.Text(), nullable=True), schema="events")
    op.execute(
        """
        update events.screenings screening
        set starts_local = timezone(cinema.timezone, screening.starts_at), timezone = cinema.timezone
        from events.auditoriums auditorium join events.cinemas cinema on cinema.id = auditorium.cinema_id
        where auditorium.id = screening.auditorium_id
        """
    )


def downgrade() -> None:
    op.drop_column("screenings", "timezone", schema="events")
    op.drop_column("screenings", "starts_local", schema="events")
