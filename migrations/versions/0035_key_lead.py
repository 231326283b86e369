"""The time from which a signing key signs: doors get a new key some hours before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "signing_keys",
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=True),
        schema="tickets",
    )


def downgrade() -> None:
    op.drop_column("signing_keys", "signs_from", schema="tickets")
