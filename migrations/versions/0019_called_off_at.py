"""Add the time at which an order was handled because its screening is called off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("called_off_at", sa.DateTime(timezone=True), nullable=True), schema="orders")


def downgrade() -> None:
    op.drop_column("orders", "called_off_at", schema="orders")
