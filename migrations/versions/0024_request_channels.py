"""The channel and the device by which seats were requested; requests from before came over the web."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "requests",
        sa.Column("channel", sa.Text(), server_default=sa.text("'web'"), nullable=False),
        schema="reservations",
    )
    op.add_column("requests", sa.Column("device", sa.Uuid(), nullable=True), schema="reservations")


def downgrade() -> None:
    op.drop_column("requests", "device", schema="reservations")
    op.drop_column("requests", "channel", schema="reservations")
