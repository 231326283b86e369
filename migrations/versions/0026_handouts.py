"""What the counter has to hand out of an order, and each act of handing out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "pickup_items",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.Column("cinema_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("handed_out", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_pickup_items_quantity")),
        sa.CheckConstraint("value >= 0", name=op.f("ck_pickup_items_value")),
        sa.CheckConstraint("handed_out between 0 and quantity", name=op.f("ck_pickup_items_handed_out")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.products.id"], name=op.f("fk_pickup_items_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["products.products.id"], name=op.f("fk_pickup_items_part_id_products")
        ),
        sa.PrimaryKeyConstraint("order_id", "product_id", "part_id", name=op.f("pk_pickup_items")),
        schema="products",
    )
    op.create_table(
        "handouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("cinema_id", sa.Integer(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handouts")),
        schema="products",
    )
    op.create_index("ix_handouts_order_id", "handouts", ["order_id"], schema="products")
    op.create_table(
        "handout_lines",
        sa.Column("handout_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_handout_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["handout_id"], ["products.handouts.id"], name=op.f("fk_handout_lines_handout_id_handouts")
        ),
        sa.PrimaryKeyConstraint("handout_id", "product_id", "part_id", name=op.f("pk_handout_lines")),
        schema="products",
    )


def downgrade() -> None:
    for table in ("handout_lines", "handouts", "pickup_items"):
        op.drop_table(table, schema="products")
