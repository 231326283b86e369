"""Fewer pages to write for an order among a million; screenings that were called off are found by an index."""

from alembic import op
from sqlalchemy import text

revision = "0017"
down_revision = "0016"

NEW = (
    ("ix_orders_account", "orders", "orders", ("user_id",), "user_id is not null"),
    ("ix_orders_reseated", "orders", "orders", ("reseat_reservation_id",), "reseat_reservation_id is not null"),
    ("ix_screenings_called_off", "screenings", "events", ("starts_at",), "status = 'cancelled'"),
)
# Replaced by the first two; and uq_orders_once, of visitor and form, finds a visitor's orders too.
OLD = (
    ("ix_orders_user_id", "orders", "orders", ("user_id",), None),
    ("ix_orders_reseat_reservation_id", "orders", "orders", ("reseat_reservation_id",), None),
    ("ix_orders_visitor", "orders", "orders", ("visitor", "created_at"), None),
)
Indexes = tuple[tuple[str, str, str, tuple[str, ...], str | None], ...]


def upgrade() -> None:
    exchange(NEW, OLD)


def downgrade() -> None:
    exchange(OLD, NEW)


def exchange(made: Indexes, dropped: Indexes) -> None:
    with op.get_context().autocommit_block():
        for name, table, schema, columns, where in made:
            op.create_index(
                name, table, list(columns), schema=schema, if_not_exists=True,
                postgresql_where=text(where) if where else None, postgresql_concurrently=True,
            )  # fmt: skip
        for name, table, schema, *_ in dropped:
            op.drop_index(name, table, schema=schema, if_exists=True, postgresql_concurrently=True)
