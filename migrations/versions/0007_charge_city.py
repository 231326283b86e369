"""The city of the cinema that is paid: a Pix code names it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "charges",
        sa.Column("city", sa.Text(), server_default=sa.text("''"), nullable=False),
        schema="payments",
    )


def downgrade() -> None:
    op.drop_column("charges", "city", schema="payments")
