"""product-service: the menu of the counter, and stock held with an order.

Stock is claims with an expiry, never a counter: what is left is what a site was delivered, less every live
claim. Whoever claims, extends or sells first locks the products' stock rows in the order of their ids.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from app.core import db
from app.core.errors import Conflict
from app.products import catalogue
from app.products.catalogue import Product, checked, taken_from_stock

MOST_OF_ONE = catalogue.MOST_OF_ONE


@dataclass(frozen=True, slots=True)
class MenuItem:
    """`price` and `separate_price` (what a combo's parts cost alone, else `price`) in centavos."""

    id: int
    slug: str
    name: str
    description: str
    kind: str
    price: int
    separate_price: int
    picture: str
    available: int


@dataclass(frozen=True, slots=True)
class Line:
    """What an order holds of the menu; `unit_price` in centavos."""

    product_id: int
    name: str
    name_en: str
    quantity: int
    unit_price: int


class OutOfStock(Conflict):
    """Not enough left. `available`: of each product that fell short, how many could be had."""

    def __init__(self, available: Mapping[int, int]) -> None:
        super().__init__("products.out_of_stock", available=dict(available))
        self.available = dict(available)


def menu(cinema_id: int, locale: str) -> list[MenuItem]:
    """What the site's counter sells, combos first, with how many of each are left."""
    known = catalogue.products()
    left = {row.product_id: row.available for row in db.session().execute(_LEFT, {"cinema_id": cinema_id})}
    return [_menu_item(product, known, left, locale) for product in known.values()]


def is_combo(product_id: int) -> bool:
    """Whether it is a combo, for the words that count it; a product that is no longer on the menu is none."""
    return catalogue.is_combo(product_id)


def _menu_item(
    product: Product, known: Mapping[int, Product], left: Mapping[int, int], locale: str
) -> MenuItem:
    english = locale.startswith("en")
    return MenuItem(
        id=product.id,
        slug=product.slug,
        name=(english and product.name_en) or product.name,
        description=(english and product.description_en) or product.description,
        kind=product.kind,
        price=product.price,
        separate_price=sum(known[part].price * each for part, each in product.items.items() if part in known),
        picture=product.picture,
        available=max(0, min((left.get(part, 0) // each for part, each in product.items.items()), default=0)),
    )


def hold(order_id: uuid.UUID, cinema_id: int, wanted: Mapping[int, int], expires_at: datetime) -> list[Line]:
    """Hold `wanted` (quantity by product id) until `expires_at`, in place of what the order held before.

    All or nothing. Raises OutOfStock; Invalid `products.unknown` and `products.quantity`, the field being the
    product's id; Conflict `products.sold` when the order's snacks are paid already.
    """
    chosen = checked(wanted)
    needs = taken_from_stock(chosen)
    ids, quantities = list(needs), list(needs.values())
    rows = (
        db.session()
        .execute(
            _HOLD,
            {
                "order_id": order_id,
                "cinema_id": cinema_id,
                "ids": ids,
                "quantities": quantities,
                "expires_at": expires_at,
            },
        )
        .all()
    )
    short = {row.product_id: max(0, row.available) for row in rows if row.available < row.quantity}
    if short:
        raise OutOfStock(_falling_short(chosen, short))
    if any(row.sold for row in rows):
        raise Conflict("products.sold")
    return [Line(p.id, p.name, p.name_en or p.name, quantity, p.price) for p, quantity in chosen]


def _falling_short(chosen: list[tuple[Product, int]], short: Mapping[int, int]) -> dict[int, int]:
    """The chosen products that take a part which is short, with how many of each that part allows."""
    return {
        product.id: min(short[part] // each for part, each in product.items.items() if part in short)
        for product, _ in chosen
        if any(part in short for part in product.items)
    }


def extend(order_id: uuid.UUID, expires_at: datetime) -> bool:
    """Hold what the order holds until `expires_at`. See `_keep` for what False means."""
    return _keep(order_id, expires_at, None)


def sell(order_id: uuid.UUID, open_until: datetime) -> bool:
    """What the order holds is paid for and stays taken. False: something had expired and is gone, nothing changed.

    Until `open_until`, the end of its screening, it may still be given back: its books are not closed before.
    """
    return _keep(order_id, None, open_until)


def _keep(order_id: uuid.UUID, expires_at: datetime | None, open_until: datetime | None) -> bool:
    """Move all of the order's claims to `expires_at` (None: sold). A claim that had expired is taken again where
    stock allows; where it does not, nothing changes and the answer is False. An order without claims: True.
    """
    values = {"order_id": order_id, "expires_at": expires_at, "open_until": open_until}
    row = db.session().execute(_KEEP, values).one()
    return bool(row.short == 0)


def release(order_id: uuid.UUID) -> bool:
    """Give back whatever the order holds or had bought; True when there was something. Only frees: no lock."""
    gone = db.session().execute(_RELEASE, {"order_id": order_id})
    return bool(gone.all())


def close_books(days: int = 30) -> int:
    """Take what was sold for good off the stock, `days` after its screening, and drop what expired as long ago."""
    db.session().execute(_LOCK_ALL)
    return len(db.session().execute(_CLOSE_BOOKS, {"days": days}).all())


_LEFT = text(
    """
    select s.product_id, s.on_hand - coalesce(sum(c.quantity) filter (
        where c.expires_at is null or c.expires_at > clock_timestamp()
    ), 0) as available
    from products.stock s
    left join products.stock_claims c on c.product_id = s.product_id and c.cinema_id = s.cinema_id
    where s.cinema_id = :cinema_id group by s.product_id, s.on_hand
    """
)

# A lock stands before the statement that sums, in the same message to the database: one way there and back.
LOCK = """
    select product_id from products.stock where cinema_id = :cinema_id and product_id = any(cast(:ids as int[]))
    order by product_id for update;
"""
LOCK_OF_ORDER = """
    select s.product_id from products.stock s
    join products.stock_claims c on c.product_id = s.product_id and c.cinema_id = s.cinema_id
    where c.order_id = :order_id order by s.product_id for update of s;
"""

_LOCK_ALL = text("select product_id from products.stock order by product_id, cinema_id for update")

# Sums and writes in one statement, after the lock: its snapshot is younger than every claim of those who had it.
HOLD = """
    with wanted as (
        select * from unnest(cast(:ids as int[]), cast(:quantities as int[])) as w (product_id, quantity)
    ), looked as (
        select w.product_id, w.quantity, coalesce(s.on_hand, 0) - coalesce((
            select sum(c.quantity) from products.stock_claims c
            where c.product_id = w.product_id and c.cinema_id = :cinema_id and c.order_id <> :order_id
              and (c.expires_at is null or c.expires_at > clock_timestamp())
        ), 0) as available
        from wanted w
        left join products.stock s on s.product_id = w.product_id and s.cinema_id = :cinema_id
    ), paid as (
        select 1 from products.stock_claims where order_id = :order_id and expires_at is null limit 1
    ), fits as (
        select 1 where not exists (select 1 from looked where available < quantity) and not exists (select 1 from paid)
    ), dropped as (
        delete from products.stock_claims c using fits
        where c.order_id = :order_id and c.product_id <> all(cast(:ids as int[]))
    ), written as (
        insert into products.stock_claims (order_id, product_id, cinema_id, quantity, expires_at)
        select :order_id, product_id, :cinema_id, quantity, :expires_at from looked, fits
        on conflict (order_id, product_id) do update set cinema_id = excluded.cinema_id,
            quantity = excluded.quantity, expires_at = excluded.expires_at, changed_at = clock_timestamp()
    )
    select product_id, quantity, available, false as sold from looked
    union all
    select 0, 0, 0, true from paid
"""
_HOLD = text(LOCK + HOLD)

KEEP = """
    with mine as (
        select * from products.stock_claims where order_id = :order_id
    ), short as (
        select m.product_id from mine m
        join products.stock s on s.product_id = m.product_id and s.cinema_id = m.cinema_id
        where m.expires_at <= clock_timestamp() and m.quantity > s.on_hand - coalesce((
            select sum(c.quantity) from products.stock_claims c
            where c.product_id = m.product_id and c.cinema_id = m.cinema_id and c.order_id <> :order_id
              and (c.expires_at is null or c.expires_at > clock_timestamp())
        ), 0)
    ), kept as (
        update products.stock_claims
        set expires_at = cast(:expires_at as timestamptz), open_until = cast(:open_until as timestamptz),
            changed_at = clock_timestamp()
        where order_id = :order_id and expires_at is not null and not exists (select 1 from short)
    )
    select count(*) as short from short
"""
_KEEP = text(LOCK_OF_ORDER + KEEP)

_RELEASE = text("delete from products.stock_claims where order_id = :order_id returning product_id")

_CLOSE_BOOKS = text(
    """
    with old as (
        delete from products.stock_claims
        where coalesce(expires_at, open_until) < clock_timestamp() - make_interval(days => :days)
        returning product_id, cinema_id, quantity, expires_at
    ), sold as (
        select product_id, cinema_id, sum(quantity) as quantity from old where expires_at is null
        group by product_id, cinema_id
    ), taken as (
        update products.stock s set on_hand = s.on_hand - sold.quantity from sold
        where s.product_id = sold.product_id and s.cinema_id = sold.cinema_id
    )
    select product_id from old
    """
)


def reset_caches() -> None:
    """Forget the menu that was read before: for tests and for whoever has just changed it."""
    catalogue.reset()
