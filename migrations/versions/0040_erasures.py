"""Erased persons: workers drop the messages about them that a relay has moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column(
            "erased_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_erasures")),
        schema="core",
    )
    op.create_index(op.f("ix_erasures_erased_at"), "erasures", ["erased_at"], schema="core")


def downgrade() -> None:
    op.drop_table("erasures", schema="core")
