"""Whether a card terminal stands at a kiosk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "devices",
        sa.Column("has_terminal", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        schema="users",
    )


def downgrade() -> None:
    op.drop_column("devices", "has_terminal", schema="users")
