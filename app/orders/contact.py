"""The e-mail of a paid order: added at a kiosk, where the checkout asks for none, or corrected when mails came back."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.contact import checked_email
from app.core.state_machine import one_of
from app.orders import notices, queries
from app.orders.states import PAID
from app.orders.views import WrongState

_ADD = text(
    "update orders.orders set email = :email where id = :id and email is null and erased_at is null"  # noqa: S608
    f" and {one_of('state', (PAID,))} returning id"
)


_CORRECT = text(
    "update orders.orders set email = :email where id = :id and email = :former and erased_at is null"  # noqa: S608
    f" and {one_of('state', (PAID,))} returning id"
)


def add_email(token: str, actor: Actor, email: str) -> None:
    """Record the e-mail of the actor's paid order, and have the mail with its tickets sent there, once.

    Raises NotFound, Invalid (`email.missing`, `email.wrong`), and WrongState if the order is not paid, has an e-mail
    already, or has no tickets to send any more.
    """
    order = queries.own(token, actor)
    address = checked_email(email)
    if order.pdf_is_gone:
        raise WrongState(order.state)
    if db.session().execute(_ADD, {"id": order.id, "email": address}).one_or_none() is None:
        raise WrongState(order.state)
    notices.publish_order_paid(replace(order, email=address), urgent=True)


def correct_email(token: str, former: str, email: str) -> None:
    """Replace the e-mail `former` of a paid order, and have the mail with its tickets sent to the new one.

    Each person who has the address of the order's page may do it: they may open its tickets, too. Call it only when
    mails to `former` come back. Raises NotFound, Invalid (`email.missing`, `email.wrong`), and
    WrongState if the order is not paid, has another e-mail by now, or has no tickets to send any more.
    """
    order = queries.locked(token)
    address = checked_email(email)
    if order.pdf_is_gone:
        raise WrongState(order.state)
    values = {"id": order.id, "email": address, "former": former}
    if db.session().execute(_CORRECT, values).one_or_none() is None:
        raise WrongState(order.state)
    notices.publish_order_paid(replace(order, email=address), urgent=True)
