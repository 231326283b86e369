"""The SQL of stock: the available stock, and the writes, each with the lock that precedes it.

A lock and its statement go to the database in one message (`db.after_lock`).

`clock_timestamp()` decides whether a hold has expired, since a statement may have waited for its lock. It is volatile,
so an index cannot be searched with it. `statement_timestamp()` is never later, and lets the index skip the holds that
expired before the statement.
"""

from __future__ import annotations

from sqlalchemy import text

from app.core.db import after_lock

# The live holds of the stock row `s`, which an index covers; `_HELD_BY_OTHERS` leaves out those of the order itself.
_HELD = """
    select sum(c.quantity) from products.stock_claims c
    where c.product_id = s.product_id and c.cinema_id = s.cinema_id
      and c.expires_at > statement_timestamp() and c.expires_at > clock_timestamp()
"""
_HELD_BY_OTHERS = f"{_HELD} and c.order_id <> :order_id"

AVAILABLE = text(
    f"""
    select s.product_id, s.on_hand - s.sold - coalesce(({_HELD}), 0) as available
    from products.stock s where s.cinema_id = :cinema_id
    """  # noqa: S608 (constants only)
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
# Holds are released before seats are locked when a buyer changes orders, so no stock row may be locked for them. Sold
# claims are released last, when their order is already locked.
LOCK_OF_SOLD = """
    select s.product_id from products.stock s
    join products.stock_claims c on c.product_id = s.product_id and c.cinema_id = s.cinema_id
    where c.order_id = :order_id and c.expires_at is null order by s.product_id for update of s
"""

HOLD = f"""
    with wanted as (
        select * from unnest(cast(:ids as int[]), cast(:quantities as int[])) as w (product_id, quantity)
    ), found as (
        select w.product_id, w.quantity,
            coalesce(s.on_hand - s.sold - coalesce(({_HELD_BY_OTHERS}), 0), 0) as available
        from wanted w
        left join products.stock s on s.product_id = w.product_id and s.cinema_id = :cinema_id
    ), paid as (
        select 1 from products.stock_claims where order_id = :order_id and expires_at is null limit 1
    ), fits as (
        select 1 where not exists (select 1 from found where available < quantity) and not exists (select 1 from paid)
    ), deleted as (
        delete from products.stock_claims c using fits
        where c.order_id = :order_id and c.product_id <> all(cast(:ids as int[]))
    ), written as (
        insert into products.stock_claims (order_id, product_id, cinema_id, quantity, expires_at)
        select :order_id, product_id, :cinema_id, quantity, :expires_at from found, fits
        on conflict (order_id, product_id) do update set cinema_id = excluded.cinema_id,
            quantity = excluded.quantity, expires_at = excluded.expires_at, changed_at = clock_timestamp()
    )
    select product_id, quantity, available, false as sold from found
    union all
    select 0, 0, 0, true from paid
"""  # noqa: S608 (constants only)
LOCKED_HOLD = after_lock(_LOCK, HOLD)

# Claims without an expiry are sold: the same statement adds them to `sold`.
SET_EXPIRY = f"""
    with own as (
        select * from products.stock_claims where order_id = :order_id
    ), lacking as (
        select o.product_id from own o
        join products.stock s on s.product_id = o.product_id and s.cinema_id = o.cinema_id
        where o.expires_at <= clock_timestamp() and o.quantity > s.on_hand - s.sold - coalesce(({_HELD_BY_OTHERS}), 0)
    ), updated as (
        update products.stock_claims
        set expires_at = cast(:expires_at as timestamptz), open_until = cast(:open_until as timestamptz),
            changed_at = clock_timestamp()
        where order_id = :order_id and expires_at is not null and not exists (select 1 from lacking)
        returning product_id, cinema_id, quantity
    ), counted as (
        update products.stock s set sold = s.sold + u.quantity from updated u
        where cast(:expires_at as timestamptz) is null and s.product_id = u.product_id and s.cinema_id = u.cinema_id
    )
    select count(*) as lacking from lacking
"""  # noqa: S608 (constants only)
LOCKED_SET_EXPIRY = after_lock(_LOCK_OF_ORDER, SET_EXPIRY)

# `sold` changes by what the delete returns: of two parallel releases, one finds the claims.
RELEASE = """
    with deleted as (
        delete from products.stock_claims where order_id = :order_id
        returning product_id, cinema_id, quantity, expires_at
    ), counted as (
        update products.stock s set sold = s.sold - d.quantity from deleted d
        where d.expires_at is null and s.product_id = d.product_id and s.cinema_id = d.cinema_id
    )
    select count(*) as released from deleted
"""
LOCKED_RELEASE = after_lock(LOCK_OF_SOLD, RELEASE)

DELETE_OLD_CLAIMS = """
    with old as (
        select order_id, product_id from products.stock_claims
        where cinema_id = :cinema_id
          and coalesce(expires_at, open_until) < statement_timestamp() - make_interval(days => :days)
        order by coalesce(expires_at, open_until) limit :most
    ), deleted as (
        delete from products.stock_claims c using old
        where c.order_id = old.order_id and c.product_id = old.product_id
        returning c.product_id, c.cinema_id, c.quantity, c.expires_at
    ), sold as (
        select product_id, cinema_id, sum(quantity) as quantity from deleted where expires_at is null
        group by product_id, cinema_id
    ), counted as (
        update products.stock s set on_hand = s.on_hand - sold.quantity, sold = s.sold - sold.quantity from sold
        where s.product_id = sold.product_id and s.cinema_id = sold.cinema_id
    )
    select count(*) as deleted from deleted
"""
LOCKED_DELETE_OLD_CLAIMS = after_lock(_LOCK_OF_SITE, DELETE_OLD_CLAIMS)

CINEMAS = text("select distinct cinema_id from products.stock order by cinema_id")
