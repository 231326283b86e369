"""A refund that the bank refused and that another one stands in for."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = "state in ('refund_pending', 'refunded', 'refund_failed')"
AFTER = "state in ('refund_pending', 'refunded', 'refund_failed', 'refund_replaced')"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_refunds_state"), "refunds", schema="payments", type_="check")
    op.create_check_constraint(op.f("ck_refunds_state"), "refunds", AFTER, schema="payments")


def downgrade() -> None:
    """One that was replaced gives nothing: before, there was no word for it, and nobody may ask for it again."""
    op.execute("delete from payments.refunds where state = 'refund_replaced'")
    op.drop_constraint(op.f("ck_refunds_state"), "refunds", schema="payments", type_="check")
    op.create_check_constraint(op.f("ck_refunds_state"), "refunds", BEFORE, schema="payments")
