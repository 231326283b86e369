"""The SQL of stock: what is left, and the writes, each with the lock that stands before it.

A lock and its statement go to the database in one message (`db.after_lock`).

`clock_timestamp()` decides whether a hold has expired, since a statement may have waited for its lock. It is volatile,
so that no index can be searched with it: `statement_timestamp()` stands beside it, is never later, and lets the index
leave out the holds that had expired before.
"""

from __future__ import annotations

from sqlalchemy import text

from app.core.db import after_lock

# The live holds of the stock row `s`; the index covers it. Of the others: without those of the order that asks.
_HELD = """
    select sum(c.quantity) from products.stock_claims c
    where c.product_id = s.product_id and c.cinema_id = s.cinema_id
      and c.expires_at > statement_timestamp() and c.expires_at > clock_timestamp()
"""
_HELD_BY_OTHERS = f"{_HELD} and c.order_id <> :order_id"

LEFT = text(
    f"""
    select s.product_id, s.on_hand - s.sold - coalesce(({_HELD}), 0) as available
    from products.stock s where s.cinema_id = :cinema_id
    """  # noqa: S608 (no value is put in)
)

_LOCK = """
    select product_id from products.stock where cinema_id = :cinema_id and product_id = any(cast(:ids as int[]))
    order by product_id for update
"""
_LOCK_OF_SITE = """
    select product_id from products.stock where cinema_id = :cinema_id order by product_id for update
"""
_LOCK_OF_ORDER = """
    select s.product_id from products.stock s
    join products.stock_claims c on c.product_id = s.product_id and c.cinema_id = s.cinema_id
    where c.order_id = :order_id order by s.product_id for update of s
"""
# A hold that is released while the buyer changes seats is released before seats are locked: no stock row may be locked
# for it. A sold claim is released last, with its order already locked.
LOCK_OF_SOLD = """
    select s.product_id from products.stock s
    join products.stock_claims c on c.product_id = s.product_id and c.cinema_id = s.cinema_id
    where c.order_id = :order_id and c.expires_at is null order by s.product_id for update of s
"""

HOLD = f"""
    with wanted as (
        select * from unnest(cast(:ids as int[]), cast(:quantities as int[])) as w (product_id, quantity)
    ), looked as (
        select w.product_id, w.quantity,
            coalesce(s.on_hand - s.sold - coalesce(({_HELD_BY_OTHERS}), 0), 0) as available
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
"""  # noqa: S608 (no value is put in)
LOCKED_HOLD = after_lock(_LOCK, HOLD)

# Without an expiry the claims are sold: they go into the running figure in the same statement.
KEEP = f"""
    with mine as (
        select * from products.stock_claims where order_id = :order_id
    ), short as (
        select m.product_id from mine m
        join products.stock s on s.product_id = m.product_id and s.cinema_id = m.cinema_id
        where m.expires_at <= clock_timestamp() and m.quantity > s.on_hand - s.sold - coalesce(({_HELD_BY_OTHERS}), 0)
    ), kept as (
        update products.stock_claims
        set expires_at = cast(:expires_at as timestamptz), open_until = cast(:open_until as timestamptz),
            changed_at = clock_timestamp()
        where order_id = :order_id and expires_at is not null and not exists (select 1 from short)
        returning product_id, cinema_id, quantity
    ), booked as (
        update products.stock s set sold = s.sold + k.quantity from kept k
        where cast(:expires_at as timestamptz) is null and s.product_id = k.product_id and s.cinema_id = k.cinema_id
    )
    select count(*) as short from short
"""  # noqa: S608 (no value is put in)
LOCKED_KEEP = after_lock(_LOCK_OF_ORDER, KEEP)

# The figure moves by what the delete returns: of two releases at once, one finds the claims.
RELEASE = """
    with gone as (
        delete from products.stock_claims where order_id = :order_id
        returning product_id, cinema_id, quantity, expires_at
    ), given_back as (
        update products.stock s set sold = s.sold - g.quantity from gone g
        where g.expires_at is null and s.product_id = g.product_id and s.cinema_id = g.cinema_id
    )
    select count(*) as released from gone
"""
LOCKED_RELEASE = after_lock(LOCK_OF_SOLD, RELEASE)

CLOSE_BOOKS = """
    with due as (
        select order_id, product_id from products.stock_claims
        where cinema_id = :cinema_id
          and coalesce(expires_at, open_until) < statement_timestamp() - make_interval(days => :days)
        order by coalesce(expires_at, open_until) limit :most
    ), gone as (
        delete from products.stock_claims c using due
        where c.order_id = due.order_id and c.product_id = due.product_id
        returning c.product_id, c.cinema_id, c.quantity, c.expires_at
    ), sold as (
        select product_id, cinema_id, sum(quantity) as quantity from gone where expires_at is null
        group by product_id, cinema_id
    ), taken as (
        update products.stock s set on_hand = s.on_hand - sold.quantity, sold = s.sold - sold.quantity from sold
        where s.product_id = sold.product_id and s.cinema_id = sold.cinema_id
    )
    select count(*) as closed from gone
"""
LOCKED_CLOSE_BOOKS = after_lock(_LOCK_OF_SITE, CLOSE_BOOKS)

CINEMAS = text("select distinct cinema_id from products.stock order by cinema_id")
