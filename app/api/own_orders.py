"""The orders of the account of the caller's token."""

from __future__ import annotations

from app.api import identity
from app.api.identity import require
from app.api.lists import PageArguments, page_of
from app.api.order_access import ROLES
from app.api.order_schemas import OrderSchema
from app.api.programme_schemas import list_of
from app.api.resource import Resource
from app.orders import service as orders
from app.orders.service import OrderView

SERVICE, PATH = "orders", "/me"
blueprint = Resource("own_orders", about="The orders of a person")


@blueprint.get("/orders", tags=["me"])
@require(*ROLES)
@blueprint.query(PageArguments)
@blueprint.response(200, list_of(OrderSchema))
@blueprint.doc(operationId="listOwnOrders")
def own_orders(limit: int, cursor: str) -> object:
    """List the account's orders, the newest first

    Those of the pages too: paid ones, also if they were cancelled later, and those that can still be paid; the newest
    100. An order that the account made as a guest is here if its e-mail is verified.
    """
    user = identity.caller().user
    assert user is not None  # only accounts have roles
    found = sorted(orders.of_account(user.id, user.verified_email), key=_key)
    return page_of(found, _key, limit=limit, cursor=cursor)


def _key(order: OrderView) -> tuple[int, str]:
    """Newer orders first; microseconds, because a cursor is compared exactly."""
    return -round(order.created_at.timestamp() * 1_000_000), str(order.id)
