"""The first tables of all services."""

from __future__ import annotations

from alembic import op

from app.core.db import SCHEMAS
from app.migrations_target import all_metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"create schema if not exists {schema}")
    all_metadata().create_all(op.get_bind())


def downgrade() -> None:
    for schema in reversed(SCHEMAS):
        if schema != "core":
            op.execute(f"drop schema if exists {schema} cascade")
