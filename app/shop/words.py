"""How an order is put into words: its lines, and its things counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.money import format_money
from app.core.showtime import Showtime
from app.events.service import Presentation
from app.orders.service import OrderSeat, OrderView
from app.shop import blueprint
from app.shop.showings import long_version
from app.web.language import locale

MANY_SEATS = 4  # more than that are counted, not named, on the sign
A_NUMBER = 7  # stands for "many" where a script puts the number in itself


def tickets(count: int) -> str:
    return ngettext("%(num)d ticket", "%(num)d tickets", count)


def seats(count: int) -> str:
    return ngettext("%(num)d seat", "%(num)d seats", count)


def popcorn_for(count: int) -> str:
    """The question of the snack bar, with the number spelled out."""
    spelled = {
        1: _("Popcorn?"),
        2: _("Popcorn for two?"),
        3: _("Popcorn for three?"),
        4: _("Popcorn for four?"),
        5: _("Popcorn for five?"),
        6: _("Popcorn for six?"),
    }
    return spelled.get(count) or _("Popcorn for everybody?")


@blueprint.app_template_filter("in_words")
def seats_in_words(names: Iterable[str]) -> str:
    """`F7`, `F7 and F8`, `F7, F8 and F9`."""
    *before, last = names
    return _("%(seats)s and %(last)s", seats=", ".join(before), last=last) if before else last


def seats_counted(names: Sequence[str]) -> str:
    """`2 seats: F7, F8`."""
    return ngettext("%(num)d seat: %(seats)s", "%(num)d seats: %(seats)s", len(names), seats=", ".join(names))


def seat_kind(kind: str) -> str:
    """What is particular about a kind of seat; nothing about the usual one."""
    match kind:
        case "wheelchair":
            return _("wheelchair space")
        case "companion":
            return _("companion's seat")
        case "love":
            return _("love seat for two")
        case "wide":
            return _("wide seat")
    return ""


def seat(name: str, kind: str) -> str:
    """`F7`, or `J1, wheelchair space`."""
    return ", ".join(part for part in (name, seat_kind(kind)) if part)


def full_price(count: int) -> str:
    return ngettext("%(num)d full price", "%(num)d at full price", count)


def half_price(count: int) -> str:
    return ngettext("%(num)d half price", "%(num)d at half price", count)


def combos(count: int) -> str:
    return ngettext("%(num)d combo", "%(num)d combos", count)


def snacks(count: int) -> str:
    return ngettext("%(num)d snack", "%(num)d snacks", count)


def forms(count: Callable[[int], str]) -> list[str]:
    """Singular and plural with `#` for the number, for a script that counts along."""
    return [count(1).replace("1", "#"), count(A_NUMBER).replace(str(A_NUMBER), "#")]


def ticket_type(seat: OrderSeat) -> str:
    """`inteira`, or `meia, estudante`."""
    if seat.ticket_type == "full":
        return _("full price")
    return _("half price, %(who)s", who=half_kind(seat.half_kind or ""))


def half_kind(code: str) -> str:
    """A word or two, to stand within a line."""
    return {
        "student": _("student"),
        "low_income_youth": _("ID Jovem"),
        "disabled": _("disabled person"),
        "companion": _("companion"),
        "senior": _("60+"),
    }.get(code, "")


@dataclass(frozen=True, slots=True)
class Change:
    """A screening in words, as its buyer agreed to it and as it is now."""

    before: str
    after: str


def change(order: OrderView) -> Change | None:
    """How the screening of an order has changed since its buyer agreed to it: `legendado` and `dublado 3D`.

    The ends stand beside where they differ: `legendado, até 22h45`.
    """
    before, after = order.agreed, order.screening.presentation
    if before is None or not order.is_changed:
        return None
    with_end = before.ends_at != after.ends_at
    return Change(*(_presented(one, order.screening.showtime, with_end) for one in (before, after)))


def _presented(shown: Presentation, showtime: Showtime, with_end: bool) -> str:
    version = long_version(shown.version) + (f" {shown.format}" if shown.format != "2D" else "")
    if not with_end:
        return version
    return _("%(version)s, until %(end)s", version=version, end=showtime.time(locale(), shown.ends_at))


def lines(order: OrderView) -> list[tuple[str, str]]:
    """Every line of the order with its amount: `F8 · meia, estudante`, `2 × Pipoca grande`."""
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
