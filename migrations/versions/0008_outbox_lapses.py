"""How many leases in a row of a delivery nobody ended: a message may end every worker that begins with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outbox",
        sa.Column("lapses", sa.Integer(), server_default=sa.text("0"), nullable=False),
        schema="core",
    )


def downgrade() -> None:
    op.drop_column("outbox", "lapses", schema="core")
