"""Charges by card at a kiosk's terminal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

CONTRACT = {
    "ban-drop-constraint": "it is replaced at once by a wider one: all that the image before writes satisfies it",
    "narrows-writes": "it is wider than the one that it replaces",
}


def upgrade() -> None:
    op.add_column("charges", sa.Column("terminal", sa.Uuid(), nullable=True), schema="payments")
    _replace("method in ('pix', 'card', 'card_present')", not_valid=True)


def downgrade() -> None:
    _replace("method in ('pix', 'card')", not_valid=False)
    op.drop_column("charges", "terminal", schema="payments")


def _replace(condition: str, *, not_valid: bool) -> None:
    op.drop_constraint(op.f("ck_charges_method"), "charges", schema="payments")
    op.create_check_constraint(
        op.f("ck_charges_method"), "charges", condition, schema="payments", postgresql_not_valid=not_valid
    )
