"""The queue at the counter: orders with something to hand out, each with the number that is called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "pickup_calls",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("cinema_id", sa.Integer(), nullable=False),
        sa.Column("screening_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("joined_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("called_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'called', 'handed_out')", name=op.f("ck_pickup_calls_state")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_pickup_calls")),
        sa.UniqueConstraint("cinema_id", "day", "number", name=op.f("uq_pickup_calls_cinema_id_day_number")),
        schema="products",
    )
    op.create_index("ix_pickup_calls_starts_at", "pickup_calls", ["cinema_id", "starts_at"], schema="products")


def downgrade() -> None:
    op.drop_table("pickup_calls", schema="products")
