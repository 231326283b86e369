"""One live charge a terminal, and an index for the charges of a terminal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

CONTRACT = {"narrows-writes": "the image before writes no terminal, and rows without one are not in the index"}
# (name, unique, rows)
INDEXES = (
    ("uq_charges_terminal", True, "state in ('created', 'pending', 'unknown')"),
    ("ix_charges_terminal", False, "terminal is not null"),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, unique, rows in INDEXES:
            _drop(name)  # one that an interrupted run left unfinished
            op.create_index(
                name,
                "charges",
                ["terminal"],
                schema="payments",
                unique=unique,
                postgresql_where=sa.text(rows),
                postgresql_concurrently=True,
                if_not_exists=True,
            )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name, _, _ in INDEXES:
            _drop(name)


def _drop(name: str) -> None:
    op.drop_index(name, "charges", schema="payments", postgresql_concurrently=True, if_exists=True)
