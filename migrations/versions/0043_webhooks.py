"""Webhooks of partners, their deliveries and attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")
EMPTY = sa.text("''")


def upgrade() -> None:
    _make_webhooks()
    _make_deliveries()
    op.create_table(
        "webhook_attempts",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_at", Moment, nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("answer", sa.Text(), server_default=EMPTY, nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id", "event_id"],
            ["users.webhook_deliveries.webhook_id", "users.webhook_deliveries.event_id"],
            name=op.f("fk_webhook_attempts_webhook_id_event_id_webhook_deliveries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", "number", name=op.f("pk_webhook_attempts")),
        schema="users",
    )


def _make_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("events", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_former_secret", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", Moment, nullable=True),
        sa.Column("created_at", Moment, server_default=NOW, nullable=False),
        sa.Column("failing_since", Moment, nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("resting_until", Moment, nullable=True),
        sa.Column("leased_until", Moment, nullable=True),
        sa.Column("wanted_at", Moment, nullable=True),
        sa.CheckConstraint(
            "state in ('unverified', 'active', 'paused', 'disabled')", name=op.f("ck_webhooks_state")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["users.partners.id"], name=op.f("fk_webhooks_partner_id_partners")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        schema="users",
    )
    op.create_index(op.f("ix_webhooks_partner_id"), "webhooks", ["partner_id"], schema="users")


def _make_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("happened_at", Moment, nullable=False),
        sa.Column("recorded_at", Moment, server_default=NOW, nullable=False),
        sa.Column("due_at", Moment, server_default=NOW, nullable=False),
        sa.Column("give_up_at", Moment, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended_at", Moment, nullable=True),
        sa.CheckConstraint(
            "state in ('pending', 'delivered', 'failed')", name=op.f("ck_webhook_deliveries_state")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["users.webhooks.id"],
            name=op.f("fk_webhook_deliveries_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name=op.f("pk_webhook_deliveries")),
        schema="users",
    )
    for name, columns, where in (
        ("happened_at", ["webhook_id", "happened_at", "event_id"], None),
        ("due_at", ["webhook_id", "due_at"], sa.text("state = 'pending'")),
        ("recorded_at", ["recorded_at"], None),
    ):
        op.create_index(
            f"ix_webhook_deliveries_{name}",
            "webhook_deliveries",
            columns,
            schema="users",
            postgresql_where=where,
        )


def downgrade() -> None:
    op.drop_table("webhook_attempts", schema="users")
    op.drop_table("webhook_deliveries", schema="users")
    op.drop_table("webhooks", schema="users")
