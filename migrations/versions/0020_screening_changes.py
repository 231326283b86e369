"""Store the former presentations of screenings, and the revision that each order agreed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "screenings",
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        schema="events",
    )
    op.create_table(
        "screening_changes",
        sa.Column("screening_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("length", sa.Interval(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["screening_id"],
            ["events.screenings.id"],
            name=op.f("fk_screening_changes_screening_id_screenings"),
        ),
        sa.PrimaryKeyConstraint("screening_id", "revision", name=op.f("pk_screening_changes")),
        schema="events",
    )
    for name in ("screening_revision", "told_revision"):
        op.add_column(
            "orders",
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False),
            schema="orders",
        )


def downgrade() -> None:
    for name in ("told_revision", "screening_revision"):
        op.drop_column("orders", name, schema="orders")
    op.drop_table("screening_changes", schema="events")
    op.drop_column("screenings", "revision", schema="events")
