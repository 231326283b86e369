"""Doors without a network: the accounts of a device, the changes of tickets, late scans and their conflicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")


class TransactionId(sa.types.UserDefinedType[int]):
    """The type xid8 of Postgres."""

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


# A trigger, because every statement that changes a ticket counts, also those of the image before.
MARK_CHANGE = """
create or replace function tickets.mark_change() returns trigger language plpgsql as
$$begin new.changed_in := pg_current_xact_id(); return new; end$$
"""
TRIGGER = """
create trigger mark_change before insert or update on tickets.tickets
for each row execute function tickets.mark_change()
"""


def upgrade() -> None:
    op.add_column("devices", sa.Column("account_id", sa.Integer(), nullable=True), schema="users")
    op.create_table(
        "device_accounts",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["users.devices.id"],
            name=op.f("fk_device_accounts_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("device_id", "user_id", name=op.f("pk_device_accounts")),
        schema="users",
    )
    op.add_column(
        "tickets",
        sa.Column("changed_in", TransactionId(), server_default=sa.text("'0'"), nullable=False),
        schema="tickets",
    )
    op.execute(MARK_CHANGE)
    op.execute(TRIGGER)
    op.add_column("admissions", sa.Column("scanned_at", MOMENT, nullable=True), schema="tickets")
    op.create_table(
        "door_conflicts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("admission_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("cinema_id", sa.Integer(), nullable=False),
        sa.Column("screening_id", sa.Integer(), nullable=False),
        sa.Column("seat_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("other_at", MOMENT, nullable=True),
        sa.Column("other_gate", sa.Text(), nullable=False),
        sa.Column("other_by", sa.Integer(), nullable=True),
        sa.Column("scanned_at", MOMENT, nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("device", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column(
            "changed_in", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["admission_id"],
            ["tickets.admissions.id"],
            name=op.f("fk_door_conflicts_admission_id_admissions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_conflicts")),
        sa.UniqueConstraint("admission_id", name=op.f("uq_door_conflicts_admission_id")),
        schema="tickets",
    )
    op.create_index(
        "ix_door_conflicts_cinema_id", "door_conflicts", ["cinema_id", "recorded_at"], schema="tickets"
    )


def downgrade() -> None:
    op.drop_table("door_conflicts", schema="tickets")
    op.drop_column("admissions", "scanned_at", schema="tickets")
    op.execute("drop trigger mark_change on tickets.tickets")
    op.execute("drop function tickets.mark_change()")
    op.drop_column("tickets", "changed_in", schema="tickets")
    op.drop_table("device_accounts", schema="users")
    op.drop_column("devices", "account_id", schema="users")
