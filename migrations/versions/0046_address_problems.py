"""Addresses whose mails came back or were reported as spam."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "address_problems",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("happened_at", Moment, nullable=False),
        sa.Column("accepted_at", Moment, nullable=True),
        sa.CheckConstraint(
            "problem in ('returned', 'complaint')", name=op.f("ck_address_problems_problem")
        ),
        sa.PrimaryKeyConstraint("address", "problem", name=op.f("pk_address_problems")),
        schema="users",
    )
    op.create_index(op.f("ix_address_problems_happened_at"), "address_problems", ["happened_at"], schema="users")


def downgrade() -> None:
    op.drop_table("address_problems", schema="users")
