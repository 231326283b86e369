"""The owner of an order in the API, who alone reaches it.

A guest owns an order by its token, if the order was begun over the API. An order that a partner, a device or an account
began is reached by that caller alone: for others it does not exist.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from app.api import identity, refusals
from app.api.caller import Caller
from app.api.document import PREFIX
from app.api.identity import KIOSK_DEVICE
from app.core.actor import Actor
from app.core.contact import email_for_lookup
from app.core.errors import NotFound
from app.core.throttle import keyed_hash
from app.events import service as events
from app.orders import service as orders
from app.orders.service import OrderView, Started
from app.web.security import address_key

ROLES: Final = ("customer", "door", "supervisor", "manager")
WRITERS: Final = ("bilheteria/orders.write", KIOSK_DEVICE, *ROLES)  # and guests
REQUESTERS: Final = ("bilheteria/requests.write", KIOSK_DEVICE, *ROLES)  # and guests
READERS: Final = ("bilheteria/orders.read", *WRITERS)


def new_owner(screening_id: int, idempotency_key: str) -> Actor:
    """The actor who begins an order of the screening. A repeat with the same key is the same actor.

    Raises NotFound; Refused, if the caller is a partner who does not act for this cinema.
    """
    found = identity.caller()
    if found.partner is not None and not found.partner.serves(events.screening(screening_id).cinema.id):
        raise refusals.not_allowed(code="partner.site")
    return replace(identity.actor(), visitor=keyed_hash(f"api {found.own(idempotency_key)}")[:16])


def order_to_read(token: str) -> OrderView:
    """The order of this token, for views that change nothing. Raises NotFound, also for orders of others.

    A person reads the orders that were made with their verified e-mail, too.
    """
    order = orders.order(token)
    found = identity.caller()
    if not (_owns(found, order) or _is_buyer(found, order)):
        raise NotFound("order")
    return order


def order_of(token: str) -> OrderView:
    """The caller's order with this token. Raises NotFound, also for orders of others.

    To guests, those are all orders of the pages: their addresses contain tokens too, and are mailed. Such an address
    must not be enough to change an order.
    """
    order = orders.order(token)
    if not _owns(identity.caller(), order):
        raise NotFound("order")
    return order


def owner_of(token: str) -> Actor:
    """The actor of the caller's order with this token. Raises NotFound."""
    order = order_of(token)
    return Actor(
        visitor=order.visitor,
        user_id=order.user_id,
        address_key=address_key(),
        locale=order.locale,
        channel="api",
        device=order.device,
        partner_id=order.partner_id,
    )


def created(started: Started) -> tuple[OrderView, int, dict[str, str]]:
    """The answer to a request that has begun an order."""
    return orders.order(started.token), 201, {"Location": f"{PREFIX}/orders/{started.token}"}


def _owns(caller: Caller, order: OrderView) -> bool:
    if caller.user is not None and caller.user.id == order.user_id:
        return True
    if order.channel != "api" or order.user_id is not None:
        return False
    if order.partner_id is not None:
        return caller.partner is not None and caller.partner.id == order.partner_id
    if order.device is not None:
        return caller.device is not None and caller.device.id == order.device
    return True


def _is_buyer(caller: Caller, order: OrderView) -> bool:
    """Whether the order has the person's e-mail, and no account."""
    email = caller.user.verified_email if caller.user is not None else None
    if email is None or order.email is None or order.user_id is not None:
        return False
    return email_for_lookup(email) == email_for_lookup(order.email)
