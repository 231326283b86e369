"""An index for the tickets that changed since a door last asked."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_tickets_changed_in",
            "tickets",
            ["changed_in"],
            schema="tickets",
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            "ix_tickets_changed_in", "tickets", schema="tickets", postgresql_concurrently=True, if_exists=True
        )
