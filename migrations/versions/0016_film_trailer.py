"""The address of a film's trailer, which its page links to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("films", sa.Column("trailer", sa.Text(), server_default="", nullable=False), schema="events")


def downgrade() -> None:
    op.drop_column("films", "trailer", schema="events")
