"""Second factors of accounts, their recovery codes, and the changes of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", Moment, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        _account("second_factors"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
        schema="users",
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        _account("recovery_codes"),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
        schema="users",
    )
    op.create_table(
        "second_factor_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("happened_at", Moment, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "change in ('on', 'off', 'reset', 'new_codes', 'recovery_used')",
            name=op.f("ck_second_factor_changes_change"),
        ),
        _account("second_factor_changes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor_changes")),
        schema="users",
    )
    op.create_index(
        op.f("ix_second_factor_changes_user_id"), "second_factor_changes", ["user_id"], schema="users"
    )


def downgrade() -> None:
    for table in ("second_factor_changes", "recovery_codes", "second_factors"):
        op.drop_table(table, schema="users")


def _account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
    )
