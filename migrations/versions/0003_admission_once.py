"""A try at the door is counted once, however often its form is sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("admissions", sa.Column("once", sa.Text(), nullable=True), schema="tickets")
    op.create_unique_constraint(op.f("uq_admissions_once"), "admissions", ["once"], schema="tickets")


def downgrade() -> None:
    op.drop_constraint(op.f("uq_admissions_once"), "admissions", schema="tickets", type_="unique")
    op.drop_column("admissions", "once", schema="tickets")
