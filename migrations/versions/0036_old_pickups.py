"""Indexes by which old hand-outs and old places in the counter's queue are found and deleted."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

# (name, table, column)
INDEXES = (("ix_handouts_at", "handouts", "at"), ("ix_pickup_calls_old", "pickup_calls", "starts_at"))


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, column in INDEXES:
            _drop(name, table)  # one that an interrupted run left unfinished
            op.create_index(
                name, table, [column], schema="products", postgresql_concurrently=True, if_not_exists=True
            )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, _column in INDEXES:
            _drop(name, table)


def _drop(name: str, table: str) -> None:
    op.drop_index(name, table, schema="products", postgresql_concurrently=True, if_exists=True)
