"""The mails about an order: their facts, and the messages that request them."""

from __future__ import annotations

from datetime import datetime

from app.core import outbox
from app.core.messages import NoticeRequested, OrderPaid
from app.core.pages import Page
from app.orders import queries
from app.orders.states import PAID
from app.orders.views import OrderView, WrongState


def mail_facts(order: OrderView, **more: object) -> dict[str, object]:
    """The facts that the template of every mail about an order gets, and `more` for one template; JSON.

    Amounts are centavos, times ISO 8601.
    """
    screening = order.screening
    return {
        "name": order.name or "",
        "order_id": str(order.id),
        "was_paid": order.paid_at is not None,
        "order_code": order.code,
        "film": screening.film.title_in(order.locale),
        "cinema": screening.cinema.name,
        "place": f"{screening.cinema.address}, {screening.cinema.city}",
        "auditorium": screening.auditorium_name,
        "starts_at": screening.starts_at.isoformat(),
        "ends_at": screening.ends_at.isoformat(),
        "timezone": screening.showtime.timezone,
        "starts_local": screening.showtime.clock.isoformat(),
        "seats": [seat.name for seat in order.seats],
        "total": order.total,
        **more,
    }


def request_notice(
    order: OrderView, template: str, *, not_after: datetime | None = None, **more: object
) -> None:
    """Ask for a mail to the buyer, with a link to the order's page. Does nothing for an order without an e-mail.

    `more`: the template's own facts. `not_after`: when the mail has lost its meaning and is not sent any more.
    """
    if not order.email:
        return
    outbox.publish(
        NoticeRequested(
            template=template,
            email=order.email,
            locale=order.locale,
            facts=mail_facts(order, **more),
            not_after=not_after.isoformat() if not_after else None,
            page=Page.ORDER,
            key=order.token,
        )
    )


def resend_tickets(token: str) -> None:
    """Send the mail with the tickets again, to the order's own address alone. Raises NotFound, WrongState.

    The PDF is made again on the way, so that it shows the tickets as they are now.
    """
    order = queries.order(token)
    if order.state != PAID or not order.email or order.pdf_is_gone:
        raise WrongState(order.state)
    publish_order_paid(order, urgent=True)


def publish_order_paid(order: OrderView, *, urgent: bool = False, **more: object) -> None:
    """Publish that a paid order has tickets: ticket-service makes their PDF, then the mail with it is sent.

    `more`: further facts of the mail.
    """
    outbox.publish(
        OrderPaid(
            order_id=str(order.id),
            order_code=order.code,
            order_token=order.token,
            email=order.email or "",
            name=order.name or "",
            locale=order.locale,
            facts=mail_facts(order, **more),
        ),
        urgent=urgent,
    )
