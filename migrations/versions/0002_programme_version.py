"""How often the programme was changed: what processes remember of it is good while this stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "programme_version",
        sa.Column("single", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_programme_version_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_programme_version")),
        schema="events",
    )
    op.execute("insert into events.programme_version default values")


def downgrade() -> None:
    op.drop_table("programme_version", schema="events")
