"""An index for the sales of a device."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_orders_device",
            "orders",
            ["device", "paid_at"],
            schema="orders",
            postgresql_where=sa.text("device is not null"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            "ix_orders_device", "orders", schema="orders", postgresql_concurrently=True, if_exists=True
        )
