"""Tables of the product-service: what the counter sells, and how much of it is left (schema `products`)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, DateTime, ForeignKey, Index, Integer, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

SCHEMA = "products"
KINDS = ("combo", "popcorn", "chocolate", "drink")


class ProductRow(Base):
    """A thing on the menu. A combo has no stock of its own: it takes the stock of its items."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint(f"kind in {KINDS!r}", name="kind"),
        CheckConstraint("price >= 0", name="price"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    description: Mapped[str] = mapped_column(Text, server_default="")
    description_en: Mapped[str] = mapped_column(Text, server_default="")
    kind: Mapped[str] = mapped_column(Text)
    price: Mapped[int] = mapped_column(Integer)
    picture: Mapped[str] = mapped_column(Text, server_default="")
    position: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))


class ComboItemRow(Base):
    __tablename__ = "combo_items"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"), {"schema": SCHEMA})

    combo_id: Mapped[int] = mapped_column(ForeignKey("products.products.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.products.id"), primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer)


class StockRow(Base):
    """How many of a product a site has had delivered, less the sales whose books are closed.

    `sold` is the sum of the claims that are sold and not closed; it changes with them, in the same statement.
    This row is also the lock: who claims, extends, sells or closes locks it first, in the order of product ids.
    """

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("sold >= 0", name="sold"), {"schema": SCHEMA})

    product_id: Mapped[int] = mapped_column(ForeignKey("products.products.id"), primary_key=True)
    cinema_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    on_hand: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    sold: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class StockClaimRow(Base):
    """What an order holds or has bought of a product; `expires_at` null means sold.

    `open_until` is for what is sold: until then the order may be cancelled, and the stock comes back.
    """

    __tablename__ = "stock_claims"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        # The live holds of a product, from the index alone; sold claims are not in it.
        Index(
            "ix_stock_claims_held",
            "product_id",
            "cinema_id",
            "expires_at",
            postgresql_include=["quantity", "order_id"],
            postgresql_where=text("expires_at is not null"),
        ),
        Index("ix_stock_claims_closing", "cinema_id", text("coalesce(expires_at, open_until)")),
        {"schema": SCHEMA},
    )

    order_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.products.id"), primary_key=True)
    cinema_id: Mapped[int] = mapped_column(Integer)
    quantity: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("clock_timestamp()")
    )
    open_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
