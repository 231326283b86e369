"""The tables of product-service: the menu, its stock, and what the counter hands out (schema `products`)."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.core.state_machine import one_of
from app.products.states import STATES

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


class PickupItemRow(Base):
    """A stocked product that a paid order collects at the counter: as itself (`part_id` is `product_id`), or as an item
    of the combo `product_id`.

    Combos and prices are those of the time of the sale. `value` is the share of this item in the price of the order's
    line, in centavos; the values of a line add up to its price. `closed_at`: when the order ended; since then nothing
    is handed out.
    """

    __tablename__ = "pickup_items"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("value >= 0", name="value"),
        CheckConstraint("handed_out between 0 and quantity", name="handed_out"),
        {"schema": SCHEMA},
    )

    order_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.products.id"), primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("products.products.id"), primary_key=True)
    cinema_id: Mapped[int] = mapped_column(Integer)
    quantity: Mapped[int] = mapped_column(Integer)
    value: Mapped[int] = mapped_column(Integer)
    handed_out: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class HandoutRow(Base):
    """One act of handing out: who, when, at which counter of which site. `id` is the once-token of its form."""

    __tablename__ = "handouts"
    __table_args__ = (
        Index("ix_handouts_order_id", "order_id"),
        Index("ix_handouts_at", "at"),
        {"schema": SCHEMA},
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    cinema_id: Mapped[int] = mapped_column(Integer)
    counter: Mapped[str] = mapped_column(Text)
    by_user_id: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_by: Mapped[int | None] = mapped_column(Integer)


class HandoutLineRow(Base):
    """How many of one item an act handed out."""

    __tablename__ = "handout_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"), {"schema": SCHEMA})

    handout_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("products.handouts.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    part_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer)


class PickupCallRow(Base):
    """An order in the queue of its site's counter. `number` is unique in the cinema day of the screening.

    `asked_at`: when the customer said that they are there.
    """

    __tablename__ = "pickup_calls"
    __table_args__ = (
        CheckConstraint(one_of("state", STATES), name="state"),
        UniqueConstraint("cinema_id", "day", "number"),
        Index("ix_pickup_calls_starts_at", "cinema_id", "starts_at"),
        Index("ix_pickup_calls_old", "starts_at"),
        {"schema": SCHEMA},
    )

    order_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    cinema_id: Mapped[int] = mapped_column(Integer)
    screening_id: Mapped[int] = mapped_column(Integer)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    day: Mapped[date] = mapped_column(Date)
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    joined_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("clock_timestamp()")
    )
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    called_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
