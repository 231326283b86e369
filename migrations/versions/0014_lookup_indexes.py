"""Indexes for the places of an e-mail in line, for messages of an order, and for foreign keys to seats and zones."""

from alembic import op
from sqlalchemy import text

revision = "0014"
down_revision = "0013"

INDEXES = (
    ("ix_requests_email", "requests", "reservations", "email", "email is not null"),
    ("ix_reservation_seats_seat_id", "reservation_seats", "reservations", "seat_id", None),
    ("ix_order_seats_seat_id", "order_seats", "orders", "seat_id", None),
    ("ix_seats_companion_of", "seats", "events", "companion_of", None),
    ("ix_screening_prices_zone_id", "screening_prices", "events", "zone_id", None),
    (
        "ix_outbox_order_id", "outbox", "core", "(payload ->> 'order_id')",
        "kind in ('OrderPaid', 'TicketsReady', 'OrderCalledOff')",
    ),
)  # fmt: skip


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, schema, what, where in INDEXES:
            op.create_index(
                name, table, [text(what)], schema=schema, if_not_exists=True,
                postgresql_where=text(where) if where else None, postgresql_concurrently=True,
            )  # fmt: skip


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, schema, _what, _where in INDEXES:
            op.drop_index(name, table, schema=schema, if_exists=True, postgresql_concurrently=True)
