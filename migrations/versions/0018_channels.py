"""The channel and the device by which orders and reservations were begun; those from before came over the web."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = ("orders", "orders"), ("reservations", "reservations")


def upgrade() -> None:
    for schema, table in TABLES:
        op.add_column(
            table,
            sa.Column("channel", sa.Text(), server_default=sa.text("'web'"), nullable=False),
            schema=schema,
        )
        op.add_column(table, sa.Column("device", sa.Uuid(), nullable=True), schema=schema)


def downgrade() -> None:
    for schema, table in reversed(TABLES):
        op.drop_column(table, "device", schema=schema)
        op.drop_column(table, "channel", schema=schema)
