"""A seat has a section beside its row, and may not be for sale; a ticket tells the section."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BEFORE = ["auditorium_id", "row_label", "number"]
AFTER = ["auditorium_id", "section", "row_label", "number"]


def upgrade() -> None:
    op.add_column("seats", sa.Column("section", sa.Text(), server_default="", nullable=False), schema="events")
    op.add_column(
        "seats",
        sa.Column("for_sale", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        schema="events",
    )
    op.create_unique_constraint(op.f(f"uq_seats_{'_'.join(AFTER)}"), "seats", AFTER, schema="events")
    op.drop_constraint(op.f(f"uq_seats_{'_'.join(BEFORE)}"), "seats", schema="events", type_="unique")
    op.add_column("tickets", sa.Column("section", sa.Text(), server_default="", nullable=False), schema="tickets")


def downgrade() -> None:
    op.drop_column("tickets", "section", schema="tickets")
    op.create_unique_constraint(op.f(f"uq_seats_{'_'.join(BEFORE)}"), "seats", BEFORE, schema="events")
    op.drop_constraint(op.f(f"uq_seats_{'_'.join(AFTER)}"), "seats", schema="events", type_="unique")
    op.drop_column("seats", "for_sale", schema="events")
    op.drop_column("seats", "section", schema="events")
