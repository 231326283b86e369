"""A session is a row of its own, so that signing out ends it; accounts need no session key any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "began_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.users.id"],
            name=op.f("fk_sessions_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sessions")),
        schema="users",
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], schema="users")
    # Who is signed in stays so: this is what their cookies carry.
    op.execute(
        "insert into users.sessions (key, user_id) select id || ':' || session_key, id from users.users"
    )
    op.drop_column("users", "session_key", schema="users")


def downgrade() -> None:
    op.add_column("users", sa.Column("session_key", sa.Text(), nullable=True), schema="users")
    op.execute("update users.users set session_key = gen_random_uuid()::text")
    op.alter_column("users", "session_key", nullable=False, schema="users")
    op.drop_table("sessions", schema="users")
