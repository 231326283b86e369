"""Half-price places: claims with an expiry against 40 % of the room, counted under the screening's quota row."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import text

from app.core import db
from app.core.half_price import quota
from app.events.service import Screening
from app.orders.views import HalfPriceGone

# Counting and claiming are two statements on purpose: the second must see what committed while the first waited.
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
_NOBODY = uuid.UUID(int=0)


def left(screening: Screening) -> tuple[int, int]:
    """(places left, places in all): shown at every point of sale, as the law wants."""
    total = quota(screening.capacity)
    values = {"screening_id": screening.id, "order_id": _NOBODY}
    taken = db.session().execute(text(_TAKEN), values).scalar_one()
    return max(0, total - int(taken)), total


def lock_quota(screening_id: int) -> None:
    db.session().execute(_LOCK, {"screening_id": screening_id})


def claim(order_id: uuid.UUID, screening: Screening, places: int, expires_at: datetime) -> None:
    """Claim `places` in place of what the order had. Raises HalfPriceGone; then it keeps what it had.

    What it holds already is its own, also where late money has taken others beyond the 40 % (see `sell`).
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
        raise HalfPriceGone(max(0, total - int(row.taken)), total)


def extend(order_id: uuid.UUID, expires_at: datetime) -> None:
    """Move the claim's expiry; an order without one is left alone."""
    db.session().execute(
        text(
            "update orders.half_price_claims set expires_at = :expires_at"
            " where order_id = :order_id and expires_at is not null"
        ),
        {"order_id": order_id, "expires_at": expires_at},
    )


def sell(order_id: uuid.UUID, screening_id: int, places: int) -> None:
    """Sold for good. Money that came late keeps its half price: the house may sell more than the law guarantees."""
    db.session().execute(
        text(
            "insert into orders.half_price_claims (order_id, screening_id, places, expires_at)"
            " values (:order_id, :screening_id, :places, null)"
            " on conflict (order_id) do update set places = excluded.places, expires_at = null"
        ),
        {"order_id": order_id, "screening_id": screening_id, "places": places},
    )


def release(order_id: uuid.UUID) -> None:
    db.session().execute(
        text("delete from orders.half_price_claims where order_id = :order_id"), {"order_id": order_id}
    )
