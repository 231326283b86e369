"""Whether all that a retired key had signed was signed anew: a crash in between leaves the rest to the worker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Until now a key was retired in one transaction with the tickets that it had signed."""
    op.add_column(
        "signing_keys", sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True), schema="tickets"
    )
    op.execute("update tickets.signing_keys set replaced_at = retired_at where retired_at is not null")


def downgrade() -> None:
    op.drop_column("signing_keys", "replaced_at", schema="tickets")
