"""Labels of orders: ticket types, the lines with their amounts, how the screening has changed."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.core.money import format_money
from app.core.showtime import Showtime
from app.events.service import Presentation
from app.orders.service import OrderSeat, OrderView
from app.products import service as products
from app.shop.labels import combos, full_price, half_price, long_version, seat, snacks, tickets
from app.web.locale import locale


def ticket_type(seat: OrderSeat) -> str:
    """`inteira`, or `meia, estudante`."""
    if seat.ticket_type == "full":
        return _("full price")
    return _("half price, %(who)s", who=half_kind(seat.half_kind or ""))


def half_kind(code: str) -> str:
    """The short name of a kind of half price, as part of a line."""
    return {
        "student": _("student"),
        "low_income_youth": _("ID Jovem"),
        "disabled": _("disabled person"),
        "companion": _("companion"),
        "senior": _("60+"),
    }.get(code, "")


@dataclass(frozen=True, slots=True)
class Change:
    """The label of a screening as the buyer agreed to it, and as it is now."""

    before: str
    after: str


def change(order: OrderView) -> Change | None:
    """The change of the screening since the buyer agreed to it: `legendado` and `dublado 3D`; None if it has not.

    The hours at which it ends are named if they differ: `legendado, até 22h45`.
    """
    before, after = order.agreed, order.screening.presentation
    if before is None or not order.is_changed:
        return None
    with_end = before.ends_at != after.ends_at
    return Change(*(_presentation_label(one, order.screening.showtime, with_end) for one in (before, after)))


def _presentation_label(shown: Presentation, showtime: Showtime, with_end: bool) -> str:
    version = long_version(shown.version) + (f" {shown.format}" if shown.format != "2D" else "")
    if not with_end:
        return version
    return _("%(version)s, until %(end)s", version=version, end=showtime.time(locale(), shown.ends_at))


def lines(order: OrderView) -> list[tuple[str, str]]:
    """The lines of the order, each with its amount: `F8 · meia, estudante`, `2 × Pipoca grande`."""
    seats = [
        (f"{seat(one.name, one.kind)} · {ticket_type(one)}", format_money(one.price, locale()))
        for one in order.seats
    ]
    items = [
        (
            f"{item.quantity} × {item.name_in(locale())}" if item.quantity > 1 else item.name_in(locale()),
            format_money(item.total, locale()),
        )
        for item in order.items
    ]
    return seats + items


def type_counts(order: OrderView) -> str:
    """`1 inteira + 1 meia`."""
    full = sum(seat.ticket_type == "full" for seat in order.seats)
    half = len(order.seats) - full
    parts = [full and full_price(full), half and half_price(half)]
    return " + ".join(part for part in parts if part)


def item_counts(order: OrderView) -> str:
    """`2 ingressos + 1 combo + 3 itens`."""
    together = sum(item.quantity for item in order.items if products.is_combo(item.product_id))
    alone = sum(item.quantity for item in order.items) - together
    parts = [
        tickets(len(order.seats)),
        together and combos(together),
        alone and snacks(alone),
    ]
    return " + ".join(part for part in parts if part)


def masked_email(order: OrderView) -> str:
    """`a•••a@example.com`: its owner recognises it, and another reader of the page cannot write to it."""
    name, _at, host = (order.email or "").partition("@")
    return f"{name[:1]}•••{name[-1:]}@{host}" if host else ""
