"""The actor of a web request."""

from __future__ import annotations

from app.core.actor import Actor, Channel
from app.web.devices import current_kiosk
from app.web.locale import locale
from app.web.security import address_key, current_visitor, visitor
from app.web.sign_in import signed_in_user


def current_actor(*, begins: bool = False, channel: Channel = "web") -> Actor:
    """The actor of the current request.

    `begins`: the request creates something that the visitor owns, so a browser without a visitor id gets one. Other
    requests set no cookie. A kiosk has no account, and its own channel.
    """
    kiosk = current_kiosk()
    user = signed_in_user() if kiosk is None else None
    return Actor(
        visitor=visitor() if begins else current_visitor() or "",
        user_id=user.id if user else None,
        address_key=address_key(),
        locale=locale(),
        channel=channel if kiosk is None else "kiosk",
        device=kiosk.id if kiosk is not None else None,
    )
