"""What supervisors decide at the door: a role, PINs, tickets let out for a while, the decisions in the log."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

CONTRACT = {
    "ban-drop-constraint": "each is replaced at once by a wider one: all that the image before writes satisfies it",
    "narrows-writes": "each of them is wider than the one that it replaces",
}
# (schema, table, name, condition, condition before)
CONSTRAINTS = (
    (
        *("users", "users", "role"),
        "role in ('customer', 'door', 'supervisor', 'manager')",
        "role in ('customer', 'door', 'manager')",
    ),
    (
        *("tickets", "tickets", "state"),
        "state in ('valid', 'admitted', 'outside', 'revoked')",
        "state in ('valid', 'admitted', 'revoked')",
    ),
    (
        *("tickets", "tickets", "admitted_at"),
        "(state in ('admitted', 'outside')) = (admitted_at is not null)",
        "(state = 'admitted') = (admitted_at is not null)",
    ),
)
LOG_COLUMNS: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("device", sa.Uuid()),
    ("supervisor_id", sa.Integer()),
    ("previous_id", sa.BigInteger()),
    ("reason", sa.Text()),
    ("note", sa.Text()),
)


def upgrade() -> None:
    for schema, table, name, condition, _ in CONSTRAINTS:
        _replace(schema, table, name, condition, not_valid=True)
    op.add_column("tickets", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True), schema="tickets")
    for column, kind in LOG_COLUMNS:
        op.add_column("admissions", sa.Column(column, kind, nullable=True), schema="tickets")
    op.create_table(
        "pins",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column(
            "set_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.users.id"], name=op.f("fk_pins_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_pins")),
        schema="users",
    )


def downgrade() -> None:
    op.drop_table("pins", schema="users")
    for column, _ in reversed(LOG_COLUMNS):
        op.drop_column("admissions", column, schema="tickets")
    op.drop_column("tickets", "left_at", schema="tickets")
    for schema, table, name, _, before in CONSTRAINTS:
        _replace(schema, table, name, before, not_valid=False)


def _replace(schema: str, table: str, name: str, condition: str, *, not_valid: bool) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, schema=schema)
    op.create_check_constraint(
        op.f(f"ck_{table}_{name}"), table, condition, schema=schema, postgresql_not_valid=not_valid
    )
