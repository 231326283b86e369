"""Orders of a changed screening: how many tickets are sold, which buyers get a mail, and the mail's facts."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import text

from app.core import db
from app.events import service as events
from app.events.service import Sales
from app.orders import notices, queries
from app.orders.states import PAID
from app.tickets import service as tickets

_SALES = text(
    """
    select o.screening_id, count(*) as tickets, count(distinct coalesce(lower(o.email), o.id::text)) as buyers
    from orders.orders o join orders.order_seats s on s.order_id = o.id
    where o.screening_id = any(:screening_ids) and o.state = :paid group by o.screening_id
    """
)
_ORDERS_TO_NOTIFY = text(
    """
    select id from orders.orders where screening_id = :screening_id and state = :paid
      and screening_revision < :revision and told_revision < :revision order by id
    """
)
# `told_before` is the revision of an earlier mail, 0 if there was none.
_MARK_NOTIFIED = text(
    """
    update orders.orders set told_revision = :revision
    where id = :id and state = :paid and screening_revision < :revision and told_revision < :revision
    returning (select before.told_revision from orders.orders before where before.id = :id) as told_before
    """
)


def sales_of(screening_ids: Collection[int]) -> Mapping[int, Sales]:
    """The paid tickets of each screening and how many buyers they have; screenings without any are left out."""
    values = {"screening_ids": list(screening_ids), "paid": PAID}
    rows = db.session().execute(_SALES, values)
    return {row.screening_id: Sales(row.tickets, row.buyers) for row in rows}


def orders_to_notify(screening_id: int, revision: int) -> list[uuid.UUID]:
    """The paid orders whose buyers have not been notified of this revision of the screening."""
    values = {"screening_id": screening_id, "revision": revision, "paid": PAID}
    return list(db.session().execute(_ORDERS_TO_NOTIFY, values).scalars())


def notify_buyer(order_id: uuid.UUID) -> None:
    """Mail the buyer what they bought, what it is now, and until when they may cancel.

    Each revision is notified once, and only the newest. No mail is sent when the screening has begun, when all tickets
    of the order were admitted, or when a change was undone before its buyer was notified.
    """
    order = queries.locked_by_id(order_id)
    screening = events.lock_presentation(order.screening)
    marked = (
        db.session()
        .execute(_MARK_NOTIFIED, {"id": order.id, "revision": screening.revision, "paid": PAID})
        .first()
    )
    bought = events.former_presentation(screening, order.screening_revision)
    if marked is None or bought is None or not order.email:
        return
    if order.read_at >= screening.starts_at or screening.status != "scheduled":
        return
    as_bought = bought == screening.presentation
    if as_bought and not marked.told_before:
        return
    expected = [ticket.is_valid for ticket in tickets.of_order(order.id)]
    if not any(expected):
        return
    notices.request_notice(
        order,
        "screening_changed",
        not_after=screening.starts_at,
        bought=bought.as_json(),
        shown=screening.presentation.as_json(),
        as_bought=as_bought,
        returnable=all(expected),
        ends_at=screening.ends_at.isoformat(),
        has_concessions=bool(order.items),
    )
