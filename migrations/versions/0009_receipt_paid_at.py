"""When the customer paid, beside when the provider told us: the first decides whether money is late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "receipts", sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True), schema="payments"
    )


def downgrade() -> None:
    op.drop_column("receipts", "paid_at", schema="payments")
