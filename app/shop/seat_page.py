"""The page of the seat map in its states: choice, lost seats, a single seat left free, bad input, closed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.half_price import half_of
from app.core.money import format_money, format_money_short
from app.events import service as events
from app.events.service import Screening, ScreeningClosed, Seat
from app.orders.service import OrderView
from app.reservations.service import SeatsLost
from app.shop import display_cache, labels, seat_list, seat_map_markup, taken_seats
from app.shop.clock import clock
from app.shop.labels import seats_counted, seats_in_words
from app.shop.posters import poster
from app.shop.screening_line import screening_line
from app.shop.seat_map_markup import Marks
from app.shop.taken_seats import TakenSeats
from app.web import error_texts, links
from app.web.locale import locale

USUAL_QUANTITY = 2


@dataclass(frozen=True, slots=True)
class Question:
    """A question over the bar. `instead` are the ids of the seats that its button takes."""

    text: str
    button: str
    instead: str
    keep: str = ""
    other: str = ""


def page(
    screening: Screening,
    *,
    status: int = 200,
    chosen: Collection[int] = (),
    lost: Collection[int] = (),
    error_text: str = "",
    question: Question | None = None,
    quantity: int | str | None = None,
    order: OrderView | None = None,
    order_elsewhere: OrderView | None = None,
) -> Response:
    """The map. `order` is the order whose seats are changed, `order_elsewhere` another one of the same visitor.

    `quantity` is as it was typed.
    """
    now = taken_seats.read(screening.id)
    own = _seat_ids(order)
    taken = now.states.keys() - own
    marks = Marks(frozenset(chosen), frozenset(lost), _seat_ids(order_elsewhere))
    as_list = request.args.get("view") == "list"
    seat_map = seat_map_markup.seat_map(screening)
    return make_response(
        render_template(
            "shop/page_seats.html",
            room=_map_or_list(screening, taken, now, marks, as_list, own),
            facts=seat_map.facts,
            legend=seat_map.legend,
            own=",".join(str(seat_id) for seat_id in sorted(own)),
            as_list=as_list,
            free=len(events.seat_plan(screening.auditorium_id).seats) - len(taken),
            error_text=error_text,
            question=question,
            quantity=USUAL_QUANTITY if quantity is None else quantity,
            elsewhere=order_elsewhere,
            **_frame(screening, order, as_list),
            **_bar(screening, [seat_id for seat_id in chosen if seat_id not in taken]),
        ),
        status,
    )


def _seat_ids(order: OrderView | None) -> frozenset[int]:
    return frozenset(seat.seat_id for seat in order.seats) if order else frozenset()


def _frame(screening: Screening, order: OrderView | None, as_list: bool) -> dict[str, Any]:
    """The variables of layouts/purchase.html: heading, links and poster, and the clock of an order."""
    frame = {
        "order": order,
        "screening": screening,
        "film_title": screening.film.title_in(locale()),
        "line": screening_line(screening),
        "poster": poster,
        "back_url": links.order(order.token, "types") if order else _film_url(screening),
        "form_url": _form_url(screening, order, as_list),
    }
    return frame | clock(order) if order else frame


def _bar(screening: Screening, seat_ids: Sequence[int]) -> dict[str, Any]:
    """The variables of the bar under the map: the chosen seats with their total, and what others pay."""
    lines, total = _chosen_lines(screening, seat_ids)
    return {
        "chosen": lines,
        "total": total,
        "counted": seats_counted(seat_names(screening, seat_ids)) if lines else "",
        "from_price": _lowest_half_price(screening),
        "half_left": display_cache.half_price_left(screening.id),
    }


def _map_or_list(
    screening: Screening,
    taken: Collection[int],
    now: TakenSeats,
    marks: Marks,
    as_list: bool,
    own: Collection[int],
) -> Any:
    if as_list:
        plan = events.seat_plan(screening.auditorium_id)
        return seat_list.rows_of(screening, plan, taken, marks, USUAL_QUANTITY)
    if own or marks.chosen or marks.lost or marks.mine:
        return seat_map_markup.seat_map(screening).markup(taken, marks)
    return seat_map_markup.plain_markup(screening, now)


def _form_url(screening: Screening, order: OrderView | None, as_list: bool) -> str:
    view = "list" if as_list else None
    if order:
        return url_for("shop.write_changed_seats", token=order.token, view=view)
    return url_for("shop.start_order", screening_id=screening.id, view=view)


def _film_url(screening: Screening) -> str:
    return url_for("shop.film", slug=screening.film.slug)


def _chosen_lines(screening: Screening, seat_ids: Sequence[int]) -> tuple[list[tuple[str, str, str]], str]:
    """(short name, label, price) of each chosen seat, and their total; empty when none is chosen."""
    seats = sorted_seats(screening, seat_ids)
    prices = [screening.prices.get(seat.zone_id, 0) for seat in seats]
    lines = [
        (seat.short_name, _place_label(seat), money(price)) for seat, price in zip(seats, prices, strict=True)
    ]
    return lines, money(sum(prices)) if lines else ""


def _place_label(seat: Seat) -> str:
    """`Row A, seat 1`, and its kind, so that nobody takes a wheelchair space for a seat."""
    return " · ".join(part for part in (seat.long_name(locale()), labels.seat_kind(seat.kind)) if part)


def sorted_seats(screening: Screening, seat_ids: Sequence[int]) -> list[Seat]:
    by_id = events.seat_plan(screening.auditorium_id).by_id
    found = [by_id[seat_id] for seat_id in seat_ids if seat_id in by_id]
    return sorted(found, key=lambda seat: (seat.row_index, seat.column))


def seat_names(screening: Screening, seat_ids: Sequence[int]) -> list[str]:
    return [seat.name for seat in sorted_seats(screening, seat_ids)]


def money(centavos: int) -> str:
    return format_money(centavos, locale())


def _lowest_half_price(screening: Screening) -> str:
    return format_money_short(half_of(screening.from_price), locale())


def single_seat_page(
    screening: Screening, chosen: Sequence[int], shift: Sequence[int], order: OrderView | None = None
) -> Response:
    """The map with a question: move by one seat, so that no single seat stays free, or keep the choice."""
    where = seats_in_words(seat_names(screening, shift))
    question = Question(
        text=_("That leaves a single seat alone."),
        button=_("Move to %(seats)s", seats=where),
        instead=",".join(map(str, shift)),
        keep=_("Keep"),
    )
    return page(screening, status=422, chosen=chosen, question=question, order=order)


def lost_seats_page(screening: Screening, error: SeatsLost, order: OrderView | None = None) -> Response:
    """The map with the lost seats, the seats still chosen, and a button for the nearest free ones."""
    lost, kept = seat_names(screening, error.lost), seat_names(screening, error.kept)
    parts = [
        ngettext(
            "%(seats)s has just gone.", "%(seats)s have just gone.", len(lost), seats=seats_in_words(lost)
        )
    ]
    if kept:
        parts.append(
            ngettext(
                "%(seats)s is still free.", "%(seats)s are still free.", len(kept), seats=seats_in_words(kept)
            )
        )
    question = None
    if error.alternatives:
        nearest = error.alternatives[0]
        whole = [*error.kept, *nearest]
        parts.append(_nearest_label(screening, error.kept, nearest))
        question = Question(
            text=" ".join(parts),
            button=_("Take %(seats)s", seats=seats_in_words(seat_names(screening, whole))),
            instead=",".join(map(str, whole)),
            other=_("Choose on the map"),
        )
    elif kept:
        parts.append(_("There is nothing else like it: choose on the map."))
    return page(
        screening,
        status=409,
        chosen=error.kept,
        lost=error.lost,
        error_text="" if question else " ".join(parts),
        question=question,
        order=order,
    )


def _nearest_label(screening: Screening, kept: Sequence[int], nearest: Sequence[int]) -> str:
    seats = sorted_seats(screening, nearest)
    names = seats_in_words([seat.name for seat in seats])
    beside = {(seat.row_index, column) for seat in sorted_seats(screening, kept) for column in _beside(seat)}
    if any((seat.row_index, seat.column) in beside for seat in seats):
        return ngettext(
            "%(seats)s, next to it, is free too.",
            "%(seats)s, next to it, are free too.",
            len(seats),
            seats=names,
        )
    return ngettext("The nearest is %(seats)s.", "The nearest are %(seats)s.", len(seats), seats=names)


def _beside(seat: Seat) -> tuple[int, int]:
    return seat.column - 1, seat.column + seat.width


def closed_page(screening: Screening, error: ScreeningClosed) -> Response:
    """The page of a screening that is not on sale any more, with the reason."""
    title, text = error_texts.closed(error)
    body = render_template(
        "shop/page_screening_closed.html",
        screening=screening,
        film_title=screening.film.title_in(locale()),
        line=screening_line(screening),
        back_url=_film_url(screening),
        title=title,
        text=text,
    )
    return make_response(body, error.status)
