"""Claims of half-price places within the quota of 40 % of the auditorium.

A claim has an expiry (None: sold). Claims are counted and inserted while the screening's quota row is locked.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import text

from app.core import db, metrics, telemetry
from app.core.half_price import quota
from app.events.service import Screening
from app.orders.views import HalfPriceGone

# The lock is a statement of its own: the next one must see the claims that were committed while this one waited.
_LOCK = text(
    "insert into orders.half_price_quotas (screening_id) values (:screening_id)"
    " on conflict (screening_id) do update set screening_id = excluded.screening_id"
)
_TAKEN = """
    select coalesce(sum(places), 0) from orders.half_price_claims
    where screening_id = :screening_id and order_id <> :order_id
      and (expires_at is null or expires_at > clock_timestamp())
"""
_CLAIM = text(
    f"""
    with taken as ({_TAKEN}), claimed as (
        insert into orders.half_price_claims (order_id, screening_id, places, expires_at)
        select :order_id, :screening_id, :places, cast(:expires_at as timestamptz)
        where (select * from taken) + :places <= :total or :places <= (
            select own.places from orders.half_price_claims own
            where own.order_id = :order_id and own.expires_at > clock_timestamp())
        on conflict (order_id) do update set places = excluded.places, expires_at = excluded.expires_at
        returning 1
    )
    select (select * from taken) as taken, (select count(*) from claimed) as claimed
    """  # noqa: S608 (no value is put in)
)
_NO_ORDER = uuid.UUID(int=0)


def places_left(screening: Screening) -> tuple[int, int]:
    """(places left, places in all) of a screening. The law wants both shown at every point of sale."""
    total = quota(screening.capacity)
    values = {"screening_id": screening.id, "order_id": _NO_ORDER}
    taken = db.session().execute(text(_TAKEN), values).scalar_one()
    return max(0, total - int(taken)), total


def lock_quota(screening_id: int) -> None:
    """Lock the screening's quota row until the transaction ends; insert it where it is missing."""
    db.session().execute(_LOCK, {"screening_id": screening_id})


def claim(order_id: uuid.UUID, screening: Screening, places: int, expires_at: datetime) -> None:
    """Set the order's claim to `places`. Raises HalfPriceGone; then the claim stays as it was.

    An order may always keep or reduce a live claim, even when a late payment has exceeded the quota (see `sell`).
    """
    total = quota(screening.capacity)
    lock_quota(screening.id)
    values = {
        "order_id": order_id,
        "screening_id": screening.id,
        "places": places,
        "expires_at": expires_at,
        "total": total,
    }
    row = db.session().execute(_CLAIM, values).one()
    if not row.claimed:
        telemetry.record(metrics.GUARDS, labels={"guard": "half_price"})
        raise HalfPriceGone(max(0, total - int(row.taken)), total)


def extend(order_id: uuid.UUID, expires_at: datetime) -> None:
    """Move the expiry of the order's claim, if it has one that is not sold."""
    db.session().execute(
        text(
            "update orders.half_price_claims set expires_at = :expires_at"
            " where order_id = :order_id and expires_at is not null"
        ),
        {"order_id": order_id, "expires_at": expires_at},
    )


def sell(order_id: uuid.UUID, screening_id: int, places: int) -> None:
    """Turn the order's claim into sold places, without a check of the quota.

    A late payment keeps its half price: a cinema may sell more half-price places than the law guarantees.
    """
    db.session().execute(
        text(
            "insert into orders.half_price_claims (order_id, screening_id, places, expires_at)"
            " values (:order_id, :screening_id, :places, null)"
            " on conflict (order_id) do update set places = excluded.places, expires_at = null"
        ),
        {"order_id": order_id, "screening_id": screening_id, "places": places},
    )


def release(order_id: uuid.UUID) -> None:
    """Delete the order's claim, if it has one."""
    db.session().execute(
        text("delete from orders.half_price_claims where order_id = :order_id"), {"order_id": order_id}
    )
