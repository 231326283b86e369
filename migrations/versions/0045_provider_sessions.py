"""Sessions that an identity provider is asked about, with their refresh tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_sessions",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["key"], ["users.sessions.key"], name=op.f("fk_provider_sessions_key_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_provider_sessions")),
        schema="users",
    )
    op.create_index(op.f("ix_provider_sessions_due_at"), "provider_sessions", ["due_at"], schema="users")


def downgrade() -> None:
    op.drop_table("provider_sessions", schema="users")
