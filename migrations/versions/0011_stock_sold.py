"""A running figure of what is sold beside the stock, so that no hold sums past sales; indexes for live holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "stock",
        sa.Column("sold", sa.Integer(), server_default=sa.text("0"), nullable=False),
        schema="products",
    )
    op.create_check_constraint(op.f("ck_stock_sold"), "stock", "sold >= 0", schema="products")
    op.execute(
        """
        update products.stock s set sold = claimed.quantity
        from (select product_id, cinema_id, sum(quantity) as quantity from products.stock_claims
              where expires_at is null group by product_id, cinema_id) claimed
        where claimed.product_id = s.product_id and claimed.cinema_id = s.cinema_id
        """
    )
    op.create_index(
        "ix_stock_claims_held",
        "stock_claims",
        ["product_id", "cinema_id", "expires_at"],
        schema="products",
        postgresql_include=["quantity", "order_id"],
        postgresql_where=sa.text("expires_at is not null"),
    )
    op.create_index(
        "ix_stock_claims_closing",
        "stock_claims",
        ["cinema_id", sa.text("coalesce(expires_at, open_until)")],
        schema="products",
    )
    op.drop_index("ix_stock_claims_product_id", table_name="stock_claims", schema="products")


def downgrade() -> None:
    op.create_index(
        "ix_stock_claims_product_id", "stock_claims", ["product_id", "cinema_id"], schema="products"
    )
    op.drop_index("ix_stock_claims_closing", table_name="stock_claims", schema="products")
    op.drop_index("ix_stock_claims_held", table_name="stock_claims", schema="products")
    op.drop_constraint(op.f("ck_stock_sold"), "stock", schema="products")
    op.drop_column("stock", "sold", schema="products")
