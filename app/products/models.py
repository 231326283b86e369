"""The tables of product-service: the menu and its stock (schema `products`)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, DateTime, ForeignKey, Index, Integer, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

SCHEMA = "products"
KINDS = ("combo", "popcorn", "chocolate", "drink")


class ProductRow(Base):
    """A product of the menu; `price` in centavos. A combo has no stock of its own: it takes the stock of its items."""

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
    """A product that a combo contains, and how many of it."""

    __tablename__ = "combo_items"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"), {"schema": SCHEMA})

    combo_id: Mapped[int] = mapped_column(ForeignKey("products.products.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.products.id"), primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer)


class StockRow(Base):
    """The stock of a product at a site. `on_hand`: delivered, less the sales whose claims have been deleted.

    `sold` is the sum of the claims that are sold and not deleted; it changes with them, in the same statement.
    This row is also the lock: writers of claims lock it first, in the order of product ids.
    """

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("sold >= 0", name="sold"), {"schema": SCHEMA})

    product_id: Mapped[int] = mapped_column(ForeignKey("products.products.id"), primary_key=True)
    cinema_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    on_hand: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    sold: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class StockClaimRow(Base):
    """The quantity of a product that an order holds or has bought; `expires_at` null means sold.

    `open_until` is for sold claims: until then the order may be cancelled, which releases them.
    """

    __tablename__ = "stock_claims"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        # The live holds of a product are read from this index alone; sold claims are not in it.
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
