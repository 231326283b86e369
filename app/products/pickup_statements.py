"""The SQL of what the counter hands out. Writers lock the items of the order first, in the order of their keys.

A cancellation locks the stock rows before them, and a hand-out locks no stock row: the two cannot deadlock.
"""

from __future__ import annotations

from sqlalchemy import text

from app.core.db import after_lock
from app.core.prepared import Prepared
from app.products.stock_statements import LOCK_OF_SOLD

_LOCK_ITEMS = """
    select 1 from products.pickup_items where order_id = :order_id order by product_id, part_id for update
"""
_LOCK_ITEMS_OF_HANDOUT = """
    select 1 from products.pickup_items
    where order_id = (select order_id from products.handouts where id = :id)
    order by product_id, part_id for update
"""

# The price of a line is divided by the prices of the combo's items. Each item gets the difference of two rounded
# running sums, so that the values add up to the price. A part without a price counts as one centavo.
# An order with items keeps them: its combos may have other items by now.
RECORD = text(
    """
    with lines as (
        select * from jsonb_to_recordset(cast(:lines as jsonb))
          as line (order_id uuid, cinema_id int, product_id int, quantity int, total bigint)
        where not exists (select from products.pickup_items i where i.order_id = line.order_id)
    ), parts as (
        select line.*, part.id as part_id, coalesce(item.quantity, 1) as each,
            cast(greatest(part.price, 1) as bigint) * coalesce(item.quantity, 1) as share
        from lines line
        left join products.combo_items item on item.combo_id = line.product_id
        join products.products part on part.id = coalesce(item.product_id, line.product_id)
    ), sums as (
        select parts.*, sum(share) over line as whole, sum(share) over up_to_here as running from parts
        window line as (partition by order_id, product_id), up_to_here as (line order by part_id)
    )
    insert into products.pickup_items (order_id, product_id, part_id, cinema_id, quantity, value)
    select order_id, product_id, part_id, cinema_id, quantity * each,
        div(total * running, whole) - div(total * (running - share), whole)
    from sums order by order_id, product_id, part_id
    on conflict do nothing
    """
)

# Prepared, because each scan of the first ticket of an order asks for its items.
OF_ORDER = Prepared(
    "pickup_items",
    """
    select i.product_id, i.part_id, i.quantity, i.handed_out, i.value, i.closed_at, part.name, part.name_en,
        case when i.part_id <> i.product_id then combo.name else '' end as combo,
        case when i.part_id <> i.product_id then combo.name_en else '' end as combo_en
    from products.pickup_items i
    join products.products part on part.id = i.part_id join products.products combo on combo.id = i.product_id
    where i.order_id = :order_id order by combo.position, i.product_id, part.position, i.part_id
    """,
)

# `acts` is 0 if the form was sent before. `items` is lower than wished if another counter was first.
HAND_OUT = """
    with wanted as (
        select * from jsonb_to_recordset(cast(:items as jsonb)) as w (product_id int, part_id int, quantity int)
    ), act as (
        insert into products.handouts (id, order_id, cinema_id, counter, by_user_id)
        values (:id, :order_id, :cinema_id, :counter, :by) on conflict (id) do nothing returning id
    ), updated as (
        update products.pickup_items i set handed_out = i.handed_out + w.quantity from wanted w, act
        where i.order_id = :order_id and i.product_id = w.product_id and i.part_id = w.part_id
          and i.cinema_id = :cinema_id and i.closed_at is null and i.handed_out + w.quantity <= i.quantity
        returning i.product_id, i.part_id, w.quantity
    ), logged as (
        insert into products.handout_lines (handout_id, product_id, part_id, quantity)
        select act.id, u.product_id, u.part_id, u.quantity from updated u, act
    )
    select (select count(*) from act) as acts, (select count(*) from updated) as items
"""
LOCKED_HAND_OUT = after_lock(_LOCK_ITEMS, HAND_OUT)

KNOWN = text("select 1 from products.handouts where id = :id")

HANDOUTS_OF_ORDER = text(
    """
    select h.*, h.at > clock_timestamp() - make_interval(secs => :seconds) as is_recent,
        (select jsonb_agg(jsonb_build_object('name', p.name, 'name_en', p.name_en, 'quantity', l.quantity)
            order by p.position, p.id)
         from products.handout_lines l join products.products p on p.id = l.part_id where l.handout_id = h.id) as lines
    from products.handouts h where h.order_id = :order_id order by h.at desc, h.id
    """
)

UNDO = """
    with act as (
        update products.handouts h set undone_at = clock_timestamp(), undone_by = :by
        where h.id = :id and h.cinema_id = :cinema_id and h.undone_at is null
          and h.at > clock_timestamp() - make_interval(secs => :seconds)
          and not exists (
              select from products.pickup_items i where i.order_id = h.order_id and i.closed_at is not null)
        returning h.id, h.order_id
    ), updated as (
        update products.pickup_items i set handed_out = i.handed_out - l.quantity
        from products.handout_lines l, act
        where l.handout_id = act.id and i.order_id = act.order_id and i.product_id = l.product_id
          and i.part_id = l.part_id
    )
    select order_id from act
"""
LOCKED_UNDO = after_lock(_LOCK_ITEMS_OF_HANDOUT, UNDO)

# The claims of what was handed out stay sold; the others go back to the stock. `kept` is the value of what was handed
# out: what an item gets back is rounded down.
CANCEL_SALE = """
    with closed as (
        update products.pickup_items set closed_at = clock_timestamp()
        where order_id = :order_id and closed_at is null
        returning value - cast(value as bigint) * (quantity - handed_out) / quantity as kept
    ), handed as (
        select part_id, sum(handed_out) as quantity from products.pickup_items where order_id = :order_id
        group by part_id
    ), claims as (
        select c.product_id, c.quantity, coalesce(h.quantity, 0) as kept from products.stock_claims c
        left join handed h on h.part_id = c.product_id where c.order_id = :order_id and c.expires_at is null
    ), deleted as (
        delete from products.stock_claims c using claims a
        where c.order_id = :order_id and c.product_id = a.product_id and a.kept = 0
        returning c.product_id, c.cinema_id, c.quantity
    ), reduced as (
        update products.stock_claims c set quantity = a.kept, changed_at = clock_timestamp() from claims a
        where c.order_id = :order_id and c.product_id = a.product_id and a.kept > 0 and a.kept < a.quantity
        returning c.product_id, c.cinema_id, a.quantity - a.kept as quantity
    ), counted as (
        update products.stock s set sold = s.sold - f.quantity
        from (select * from deleted union all select * from reduced) f
        where s.product_id = f.product_id and s.cinema_id = f.cinema_id
    )
    select coalesce(sum(kept), 0) as kept from closed
"""
LOCKED_CANCEL_SALE = after_lock(f"{LOCK_OF_SOLD};\n{_LOCK_ITEMS}", CANCEL_SALE)
