"""Deletes old hand-outs and old places in the counter's queue; exports those of an order.

What an order has collected (`products.pickup_items`) is kept: it belongs to the record of sale and names nobody.
"""

from __future__ import annotations

import uuid

from sqlalchemy import text

from app.core import db
from app.core.config import settings

BATCH = 500

_DELETE_HANDOUTS = text(
    """
    with old as (
        select id from products.handouts where at < statement_timestamp() - make_interval(days => :days)
        order by at limit :most for update skip locked
    ), lines as (
        delete from products.handout_lines l using old where l.handout_id = old.id
    )
    delete from products.handouts h using old where h.id = old.id returning 1
    """
)
_DELETE_CALLS = text(
    """
    with old as (
        select order_id from products.pickup_calls
        where starts_at < statement_timestamp() - make_interval(days => :days)
        order by starts_at limit :most for update skip locked
    )
    delete from products.pickup_calls c using old where c.order_id = old.order_id returning 1
    """
)
_OF_ORDER = text(
    """
    select jsonb_build_object(
      'queue', (select jsonb_build_object('number', c.number, 'joined_at', c.joined_at, 'asked_at', c.asked_at,
          'called_at', c.called_at) from products.pickup_calls c where c.order_id = :id),
      'handouts', (select coalesce(jsonb_agg(jsonb_build_object('at', h.at, 'counter', h.counter,
          'undone_at', h.undone_at, 'items', (
              select jsonb_agg(jsonb_build_object('name', p.name, 'quantity', l.quantity) order by p.position, p.id)
              from products.handout_lines l join products.products p on p.id = l.part_id where l.handout_id = h.id
          )) order by h.at, h.id), '[]') from products.handouts h where h.order_id = :id))
    """
)


def delete_old_pickups() -> None:
    """Delete what is older than `retention.pickup_days`, each batch in its own transaction."""
    values = {"days": settings().retention.pickup_days, "most": BATCH}
    for statement in (_DELETE_HANDOUTS, _DELETE_CALLS):
        deleted = BATCH
        while deleted == BATCH:
            with db.transaction() as session:
                deleted = len(session.execute(statement, values).all())


def export(order_id: uuid.UUID) -> dict[str, object]:
    """The order's hand-outs and its place in the queue for a personal data export, as JSON; times ISO 8601.

    It does not name the staff.
    """
    return dict(db.session().execute(_OF_ORDER, {"id": order_id}).scalar_one())
