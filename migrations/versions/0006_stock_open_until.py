"""Until when what was sold at the counter may come back: the end of its screening."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "stock_claims", sa.Column("open_until", sa.DateTime(timezone=True), nullable=True), schema="products"
    )
    op.execute(
        """
        update products.stock_claims claim set open_until = screening.ends_at
        from orders.orders bought join events.screenings screening on screening.id = bought.screening_id
        where bought.id = claim.order_id and claim.expires_at is null
        """
    )


def downgrade() -> None:
    op.drop_column("stock_claims", "open_until", schema="products")
