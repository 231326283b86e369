"""What orders keep of buyers, and for how long.

An order that ended unpaid is deleted. One that was paid is a record of sale: amounts, dates, seats and its code are
kept, and who bought is taken out of it.
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
Place = tuple[datetime, uuid.UUID]

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
# The visitor becomes one that no browser is; the order's own id keeps the key of visitor and form unique.
_ERASE = text(
    """
    update orders.orders set name = null, email = null, user_id = null, visitor = id::text,
      cpf = case when :keep_cpf and paid_at is not null then cpf end, erased_at = clock_timestamp()
    where id = any(:ids) and erased_at is null
    """
)


def delete_unpaid(days: int, *, most: int = BATCH, after: Place | None = None) -> Place | None:
    """Delete up to `most` orders that ended unpaid `days` ago; where to go on, or None when that was all.

    Money that came late and went back leaves a record: such an order is kept without its buyer. One whose money has
    not gone back, or may still come, is left for later.
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
    remains = payments.delete_unpaid([row.id for row in rows])
    erase(remains.paid_back)
    gone = [row for row in rows if row.id not in remains.paid_back | remains.unsettled]
    db.session().execute(_DELETE, {"ids": [row.id for row in gone]})
    reservations.delete_reservations(
        [one for row in gone for one in (row.reservation_id, row.reseat_reservation_id) if one is not None]
    )
    return rows[-1].ended_at, rows[-1].id


def erase_buyers(days: int, *, most: int = BATCH) -> int:
    """Take the buyers out of up to `most` orders that were paid `days` ago, the CPF too; returns of how many."""
    ids = db.session().execute(_BUYERS, {"days": days, "most": most}).scalars().all()
    erase(ids, keep_cpf=False)
    return len(ids)


def erase(order_ids: Collection[uuid.UUID], *, keep_cpf: bool = True) -> None:
    """Take out of these orders who bought them. The CPF of a paid one stays while the tax law wants it (`keep_cpf`).

    The caller has locked them.
    """
    db.session().execute(_ERASE, {"ids": list(order_ids), "keep_cpf": keep_cpf})
    payments.erase_payers(order_ids)


def by_the_clock() -> None:
    """Delete and erase what is due, each batch in a transaction of its own."""
    days = settings().retention.unpaid_days
    with db.transaction():
        place = delete_unpaid(days)
    while place is not None:
        with db.transaction():
            place = delete_unpaid(days, after=place)
    erased = BATCH
    while erased == BATCH:
        with db.transaction():
            erased = erase_buyers(settings().retention.buyer_days)
