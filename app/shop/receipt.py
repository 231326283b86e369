"""The printable receipt of an order: payments and refunds. As for tickets, its address is enough to see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.i18n import format_day_long, format_time, local
from app.orders.service import OrderView
from app.payments import service as payments
from app.payments.service import Refund
from app.shop import blueprint, order_labels, purchase
from app.web import links
from app.web.locale import locale

Answer = Response | tuple[str, int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Movement:
    """A payment or a refund: its label, its time as text, its amount in centavos (negative for a refund)."""

    label: str
    when: str
    amount: int


@blueprint.get("/orders/<token>/receipt")
def receipt(token: str) -> Answer:
    order = purchase.order_at_address(token)
    movements = _movements(order)
    if not movements:
        return redirect(links.order(order.token), 303)
    page = render_template(
        "shop/page_receipt.html",
        order=order,
        screening=order.screening,
        lines=order_labels.lines(order),
        movements=movements,
    )
    return page, 200, {"Cache-Control": "private, no-store"}


def _movements(order: OrderView) -> list[Movement]:
    methods = {charge.id: charge.method for charge in payments.charges_of(order.id)}
    came = [
        (one.paid_at, _payment_label(methods.get(one.charge_id)), one.amount)
        for one in payments.receipts_of(order.id)
    ]
    back = [
        (one.ended_at or one.created_at, _refund_label(one), -one.amount)
        for one in payments.refunds_of(order.id)
    ]
    zone = order.screening.cinema.timezone
    return [
        Movement(label, _moment_label(moment, zone), amount)
        for moment, label, amount in sorted([*came, *back], key=lambda one: one[0])
    ]


def _payment_label(method: str | None) -> str:
    return _("Paid by card") if method in ("card", payments.CARD_PRESENT) else _("Paid by Pix")


def _refund_label(refund: Refund) -> str:
    if refund.is_done:
        return _("Went back")
    return _("Refund refused by the bank: we settle it by hand") if refund.is_failed else _("On its way back")


def _moment_label(moment: datetime, zone: str) -> str:
    day = local(moment, zone).date()
    return _(
        "%(day)s %(year)d, %(time)s",
        day=format_day_long(day, locale()),
        year=day.year,
        time=format_time(moment, locale(), zone),
    )
