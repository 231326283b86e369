"""What a kiosk prints of a paid order: a sheet for each ticket, then a receipt, as jobs for the print agent.

Blocks and limits are those of docs/kiosk-machine.md. The texts are in the order's language, so that a job has the same
content each time it is asked for. Lines that are too long are broken by the agent, which knows its paper's width.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby

from app.core.codes import grouped
from app.core.i18n import auditorium_name, format_day_long, format_time, local, translate
from app.core.money import format_money
from app.core.throttle import keyed_hash
from app.orders.service import OrderView
from app.tickets import service as tickets
from app.tickets.service import Ticket

Block = dict[str, object]
Job = dict[str, object]
LONGEST_TEXT = 300  # letters, as the agent accepts them
RULE: Block = {"type": "rule"}


def print_jobs(
    order: OrderView, issued: Sequence[Ticket], cinema_name: str, pickup_number: str = ""
) -> list[Job]:
    """The jobs of the tickets that can still be admitted, in their order, and the receipt; empty without such tickets.

    `pickup_number` is the order's number at the counter, if it has one. The id of a job depends on order, ticket and
    the ticket's revision alone: the agent prints a known id only once.
    """
    valid = [ticket for ticket in issued if ticket.is_valid]
    if not valid:
        return []
    jobs = [
        _job("ticket", f"{one.id} {one.revision}", _ticket(one, len(issued), order.locale)) for one in valid
    ]
    return [*jobs, _job("receipt", str(order.id), _receipt(order, cinema_name, pickup_number))]


def _job(kind: str, key: str, blocks: list[Block]) -> Job:
    return {"id": f"{kind}-{keyed_hash(f'print {kind} {key}')}", "kind": kind, "blocks": blocks}


def _ticket(ticket: Ticket, count: int, locale: str) -> list[Block]:
    _ = partial(translate, locale)
    facts = ticket.facts
    showtime = facts.showtime
    room = auditorium_name(facts.auditorium_name, locale)
    proof = tickets.required_proof(ticket, locale)
    wanted = tickets.companion_line(ticket, locale) or (
        _("Show at the door: %(proof)s.", proof=proof) if proof else _("No document needed.")
    )
    opens = showtime.time(locale, tickets.opens_at(facts.starts_at))
    return [
        _heading(facts.title_in(locale)),
        _text(tickets.version_name(facts, locale), center=True),
        _text(tickets.age_label(facts.age_rating, locale), center=True),
        RULE,
        _text(facts.cinema_name, center=True),
        _text(showtime.day_long(locale), bold=True, center=True),
        _heading(f"{showtime.time(locale)}  {room}"),
        _heading(_("Seat %(seat)s", seat=ticket.short_name)),
        *(_text(part, center=True) for part in (ticket.section, ticket.zone_name) if part),
        RULE,
        _pair(tickets.type_name(ticket, locale), format_money(ticket.price, locale)),
        _text(wanted, bold=True),
        {"type": "qr", "data": ticket.qr_text},
        _text(grouped(ticket.code), center=True),
        _text(ticket.serial, center=True),
        _text(
            _("Ticket %(number)d of %(count)d, good for one person.", number=ticket.number, count=count)
            + " "
            + _("The room opens at %(time)s.", time=opens)
        ),
    ]


def _receipt(order: OrderView, cinema_name: str, pickup_number: str) -> list[Block]:
    _ = partial(translate, order.locale)
    screening = order.screening
    return [
        _heading(cinema_name),
        _text(f"{screening.cinema.name}, {screening.cinema.address}, {screening.cinema.city}", center=True),
        RULE,
        _text(_("Order"), center=True),
        _heading(order.code),
        _text(screening.film.title_in(order.locale), bold=True),
        _text(
            f"{screening.showtime.day_and_time(order.locale)},"
            f" {auditorium_name(screening.auditorium_name, order.locale)}"
        ),
        RULE,
        *_lines(order),
        _pair(_("Total"), format_money(order.total, order.locale), bold=True),
        *_payment(order),
        *_pickup(order, pickup_number),
        RULE,
        _text(_("This receipt is no tax document."), center=True),
    ]


def _lines(order: OrderView) -> list[Block]:
    """The tickets by type and price, and the concessions, each with its amount."""
    _ = partial(translate, order.locale)
    names = {"full": _("Full price"), "half": _("Half price")}
    kinds = sorted((seat.ticket_type, seat.price) for seat in order.seats)
    counted = [(names[kind], price, len(list(group))) for (kind, price), group in groupby(kinds)]
    counted += [(item.name_in(order.locale), item.unit_price, item.quantity) for item in order.items]
    return [
        _pair(f"{count} x {name}", format_money(count * price, order.locale))
        for name, price, count in counted
    ]


def _payment(order: OrderView) -> list[Block]:
    """How and when the order was paid, at the site's time; nothing for an order that costs nothing."""
    if not (order.method and order.total and order.paid_at):
        return []
    _ = partial(translate, order.locale)
    zone = order.screening.cinema.timezone
    label = _("Paid by Pix") if order.method == "pix" else _("Paid by card")
    day = local(order.paid_at, zone).date()
    when = _(
        "%(day)s %(year)d, %(time)s",
        day=format_day_long(day, order.locale),
        year=day.year,
        time=format_time(order.paid_at, order.locale, zone),
    )
    return [_text(label), _text(when)]


def _pickup(order: OrderView, pickup_number: str) -> list[Block]:
    """What the counter hands out, and the code that it asks for; nothing for an order without concessions."""
    if not order.items:
        return []
    _ = partial(translate, order.locale)
    return [
        RULE,
        _text(_("At the snack bar"), bold=True),
        *(_text(f"{item.quantity} x {item.name_in(order.locale)}") for item in order.items),
        *([_heading(pickup_number)] if pickup_number else []),
        _text(_("Say the code %(code)s, or show the QR of a ticket.", code=order.code)),
    ]


def _heading(text: str) -> Block:
    return {"type": "heading", "text": _fitting(text)}


def _text(text: str, *, bold: bool = False, center: bool = False) -> Block:
    return {"type": "text", "text": _fitting(text), "bold": bold, "center": center}


def _pair(left: str, right: str, *, bold: bool = False) -> Block:
    return {"type": "pair", "left": _fitting(left), "right": right, "bold": bold}


def _fitting(text: str) -> str:
    """The text, cut at the agent's limit; a blank text would be refused."""
    return text[:LONGEST_TEXT].strip() or "-"
