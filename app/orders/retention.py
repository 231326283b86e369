"""Deletes old unpaid orders, and erases the buyers of old paid ones.

A paid order is a record of sale: amounts, dates, seats and its code are kept; only its buyer is erased.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text

from app.core import db
from app.core.config import settings
from app.orders.models import KEPT, UNPAID
from app.payments import service as payments
from app.reservations import service as reservations

BATCH = 200
Position = tuple[datetime, uuid.UUID]  # `ended_at` and id of the last order of a batch

_UNPAID = text(
    f"""
    select id, reservation_id, reseat_reservation_id, ended_at from orders.orders
    where {UNPAID} and ended_at < statement_timestamp() - make_interval(days => :days)
      and (cast(:after as timestamptz) is null or (ended_at, id) > (:after, cast(:after_id as uuid)))
    order by ended_at, id limit :most for update skip locked
    """  # noqa: S608 (no value is put in)
)
_BUYERS = text(
    f"""
    select id from orders.orders
    where {KEPT} and paid_at < statement_timestamp() - make_interval(days => :days)
    order by paid_at, id limit :most for update skip locked
    """  # noqa: S608 (no value is put in)
)
_DELETE = text("delete from orders.orders where id = any(:ids)")
# The order's own id replaces the visitor: no browser has it, and the unique key of visitor and form still holds.
_ERASE = text(
    """
    update orders.orders set name = null, email = null, user_id = null, visitor = id::text,
      cpf = case when :keep_cpf and paid_at is not null then cpf end, erased_at = clock_timestamp()
    where id = any(:ids) and erased_at is null
    """
)


def delete_unpaid(days: int, *, most: int = BATCH, after: Position | None = None) -> Position | None:
    """Delete up to `most` orders that ended unpaid `days` ago. Returns the position to continue after, None at the end.

    An order with a late payment that was refunded is kept as a record, without its buyer. An order whose payment may
    still come, or is not refunded yet, is left for a later run.
    """
    values = {
        "days": days,
        "most": most,
        "after": after[0] if after else None,
        "after_id": after[1] if after else None,
    }
    rows = db.session().execute(_UNPAID, values).all()
    if not rows:
        return None
    kept = payments.delete_unpaid([row.id for row in rows])
    erase(kept.paid_back)
    deleted = [row for row in rows if row.id not in kept.paid_back | kept.unsettled]
    db.session().execute(_DELETE, {"ids": [row.id for row in deleted]})
    reservations.delete_reservations(
        [one for row in deleted for one in (row.reservation_id, row.reseat_reservation_id) if one is not None]
    )
    return rows[-1].ended_at, rows[-1].id


def erase_buyers(days: int, *, most: int = BATCH) -> int:
    """Erase the buyers, and the CPF too, of up to `most` orders that were paid `days` ago. Returns their number."""
    ids = db.session().execute(_BUYERS, {"days": days, "most": most}).scalars().all()
    erase(ids, keep_cpf=False)
    return len(ids)


def erase(order_ids: Collection[uuid.UUID], *, keep_cpf: bool = True) -> None:
    """Erase the buyers of these orders. With `keep_cpf`, the CPF of a paid order stays, as the tax law wants.

    The caller has locked the orders.
    """
    db.session().execute(_ERASE, {"ids": list(order_ids), "keep_cpf": keep_cpf})
    payments.erase_payers(order_ids)


def delete_old_data() -> None:
    """Delete all orders and erase all buyers that are due, each batch in its own transaction."""
    days = settings().retention.unpaid_days
    with db.transaction():
        position = delete_unpaid(days)
    while position is not None:
        with db.transaction():
            position = delete_unpaid(days, after=position)
    erased = BATCH
    while erased == BATCH:
        with db.transaction():
            erased = erase_buyers(settings().retention.buyer_days)
