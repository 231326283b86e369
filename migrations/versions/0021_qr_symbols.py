"""The drawn QR codes of tickets and Pix charges, beside their texts; those from before are drawn for each view."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

COLUMNS = ("tickets", "tickets", "qr_symbol"), ("payments", "charges", "pix_symbol")


def upgrade() -> None:
    for schema, table, column in COLUMNS:
        op.add_column(table, sa.Column(column, sa.LargeBinary(), nullable=True), schema=schema)


def downgrade() -> None:
    for schema, table, column in reversed(COLUMNS):
        op.drop_column(table, column, schema=schema)
