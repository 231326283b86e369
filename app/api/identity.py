"""Who calls the API, and what that caller may do.

A view that is not for everybody names its grants; a caller needs one of them:

    @blueprint.get("/<int:screening_id>/guests")
    @require(DOOR_DEVICE, "door", "supervisor", "manager")
    @blueprint.response(200, GuestsSchema)
    def list_guests(screening_id: int) -> object:
        ... identity.actor() ...

A grant is the role of an account, a scope of a partner, or the kind of a device. A POST that acts names them there:
`@blueprint.act("", Schema, allowed=(DOOR_DEVICE, "door"))`. Without grants a view is for everybody, and `caller()` may
be a guest. A token that is sent is checked in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, Final

from flask import g, request
from flask_smorest import Blueprint
from werkzeug.exceptions import ServiceUnavailable

from app.api import credentials, limits, refusals
from app.api.caller import GUEST, Caller
from app.api.document import BEARER
from app.api.refusals import Refused
from app.core.actor import Actor
from app.core.throttle import keyed_hash
from app.web.locale import locale
from app.web.security import address_key

DOOR_DEVICE: Final = "device:door"
KIOSK_DEVICE: Final = "device:kiosk"


def recognise() -> None:
    """Find out who sent this request, and count it. Raises Refused, TooMany, ServiceUnavailable.

    All requests of a device or a partner count as those of one address.
    """
    try:
        g.caller = credentials.caller_of(request.headers.get("Authorization"))
    except (Refused, ServiceUnavailable):
        limits.count_request(GUEST)  # tokens are not to be guessed
        raise
    limits.count_request(g.caller)
    if g.caller.device is not None or g.caller.partner is not None:
        g.address_key = keyed_hash(g.caller.key)


def caller() -> Caller:
    """The caller of this request."""
    found: Caller = g.caller
    return found


def actor() -> Actor:
    """The actor of this request. It has no visitor: what a guest owns is found by its token (`order_access`)."""
    found = caller()
    return Actor(
        user_id=found.user.id if found.user is not None else None,
        address_key=address_key(),
        locale=locale(),
        channel="api",
        device=found.device.id if found.device is not None else None,
        partner_id=found.partner.id if found.partner is not None else None,
    )


def require(*grants: str, guests: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a view for callers with one of `grants`, below its route: others get 401 or 403.

    `guests`: callers without a token may use it too.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            check(grants, guests=guests)
            return view(*arguments, **named)

        documented: Callable[..., Any] = Blueprint.doc(security=_security(grants, guests=guests))(guarded)
        return documented

    return decorate


def check(grants: Collection[str], *, guests: bool = False) -> None:
    """Raises Refused, unless the caller has one of `grants`, or is one of the allowed guests."""
    found = caller()
    if found.is_guest and not guests:
        raise refusals.token_missing()
    if not found.is_guest and not found.has_one_of(grants):
        raise refusals.not_allowed(grants)


def _security(grants: Collection[str], *, guests: bool) -> list[dict[str, list[str]]]:
    return [*([{}] if guests else []), {BEARER: list(grants)}]
