"""What a clock deletes, and the indexes by which it finds it: requests, unpaid orders, buyers, PDFs, addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("requests", sa.Column("ended_at", Moment, nullable=True), schema="reservations")
    op.create_index(
        "ix_requests_ended",
        "requests",
        [sa.text("coalesce(ended_at, created_at)")],
        schema="reservations",
        postgresql_where=sa.text("state not in ('waiting', 'offered')"),
    )
    op.create_index(
        "ix_reservations_address_left",
        "reservations",
        ["id"],
        schema="reservations",
        postgresql_where=sa.text("state <> 'held' and address_key <> ''"),
    )
    op.add_column("orders", sa.Column("erased_at", Moment, nullable=True), schema="orders")
    op.create_index(
        "ix_orders_unpaid",
        "orders",
        ["ended_at", "id"],
        schema="orders",
        postgresql_where=sa.text(
            "paid_at is null and erased_at is null and state in ('cancelled', 'expired', 'refunded')"
        ),
    )
    op.create_index(
        "ix_orders_kept",
        "orders",
        ["paid_at", "id"],
        schema="orders",
        postgresql_where=sa.text("paid_at is not null and erased_at is null"),
    )
    op.add_column("documents", sa.Column("ends_at", Moment, nullable=True), schema="tickets")
    op.create_index("ix_documents_ends_at", "documents", ["ends_at"], schema="tickets")


def downgrade() -> None:
    op.drop_index("ix_documents_ends_at", table_name="documents", schema="tickets")
    op.drop_column("documents", "ends_at", schema="tickets")
    op.drop_index("ix_orders_kept", table_name="orders", schema="orders")
    op.drop_index("ix_orders_unpaid", table_name="orders", schema="orders")
    op.drop_column("orders", "erased_at", schema="orders")
    op.drop_index("ix_reservations_address_left", table_name="reservations", schema="reservations")
    op.drop_index("ix_requests_ended", table_name="requests", schema="reservations")
    op.drop_column("requests", "ended_at", schema="reservations")
