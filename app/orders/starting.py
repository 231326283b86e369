"""Starting an order: seats are claimed and the order written in one short transaction of two statements."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Sequence

from sqlalchemy import text

from app.core import codes, db
from app.core.errors import Conflict, Invalid, TooMany
from app.events import service as events
from app.events.service import Screening
from app.orders.states import DRAFT
from app.orders.views import Started, StartedBefore
from app.reservations import service as reservations
from app.reservations.service import Reservation, SeatsLost

_START = text(
    """
    with started as (
        insert into orders.orders (id, token, code, state, screening_id, reservation_id, visitor, once, user_id,
            locale, deadline, total)
        values (:id, :token, :code, :state, :screening_id, :reservation_id, :visitor, :once, :user_id,
            :locale, :deadline, :total)
        on conflict do nothing returning id
    )
    insert into orders.order_seats (order_id, seat_id, position, full_price, price)
    select started.id, seat.id, seat.position, seat.price, seat.price
    from started, unnest(cast(:seat_ids as integer[]), cast(:prices as integer[])) with ordinality
      as seat(id, price, position)
    returning 1
    """
)
_CODE_TRIES = 6
_CONSONANTS = [letter for letter in codes.ALPHABET if letter.isalpha() and letter not in "AE"]


def short_code() -> str:
    """Three consonants and four digits, `LTZ-4720`: to be read out loud, and no word by chance."""
    letters = "".join(secrets.choice(_CONSONANTS) for _ in range(3))
    return f"{letters}-{secrets.randbelow(10_000):04d}"


def start_with_seats(
    screening_id: int,
    seat_ids: Sequence[int],
    *,
    visitor: str,
    address_key: str,
    once: str,
    locale: str,
    user_id: int | None = None,
    leave_no_single: bool = False,
) -> Started:
    """An order for exactly these seats.

    Raises what `reservations.hold_seats` raises, and StartedBefore when this form's order stands already.
    """
    screening = events.screening(screening_id)

    def hold() -> Reservation:
        return reservations.hold_seats(
            screening,
            seat_ids,
            visitor=visitor,
            address_key=address_key,
            leave_no_single=leave_no_single,
        )

    return _start(screening, hold, visitor=visitor, once=once, locale=locale, user_id=user_id)


def ensure_free(screening_id: int, seat_ids: Sequence[int], *, visitor: str, once: str) -> None:
    """Look whether seats can still be had, where one doubts it: what is lost costs no transaction.

    Raises what `start_with_seats` raises for lost seats, StartedBefore included.
    """
    try:
        reservations.ensure_free(events.screening(screening_id), seat_ids)
    except SeatsLost:
        _raise_if_started(visitor, once)
        raise


def start_with_best(
    screening_id: int,
    quantity: int,
    *,
    visitor: str,
    address_key: str,
    once: str,
    locale: str,
    user_id: int | None = None,
) -> Started:
    """An order for the best seats together. Raises what `reservations.hold_best` raises, and StartedBefore."""
    screening = events.screening(screening_id)

    def hold() -> Reservation:
        return reservations.hold_best(screening, quantity, visitor=visitor, address_key=address_key)

    return _start(screening, hold, visitor=visitor, once=once, locale=locale, user_id=user_id)


def start_from_offer(request_token: str, *, visitor: str, locale: str, user_id: int | None = None) -> Started:
    """An order for the seats that the waiting list offered. Raises what `reservations.accept_offer` raises."""
    request = reservations.request(request_token)
    screening = events.screening(request.screening_id)
    once = f"offer-{request.id}"
    try:
        return _start(
            screening,
            lambda: reservations.accept_offer(request_token),
            visitor=visitor,
            once=once,
            locale=locale,
            user_id=user_id,
        )
    except Conflict:
        _raise_if_started(visitor, once)
        raise


def _start(
    screening: Screening,
    hold: Callable[[], Reservation],
    *,
    visitor: str,
    once: str,
    locale: str,
    user_id: int | None,
) -> Started:
    if not 8 <= len(once) <= 64:
        raise Invalid("order.once", "once")
    try:
        held = hold()
    except (Conflict, TooMany):
        _raise_if_started(visitor, once)  # a double click: the first one's order has the seats
        raise
    by_id = events.seat_plan(screening.auditorium_id).by_id
    seats = sorted(held.seat_ids, key=lambda seat_id: (by_id[seat_id].row_index, by_id[seat_id].column))
    prices = [screening.prices[by_id[seat_id].zone_id] for seat_id in seats]
    for _ in range(_CODE_TRIES):
        token = codes.random_token()
        order_id = uuid.uuid4()
        values = {
            "id": order_id,
            "token": token,
            "code": short_code(),
            "state": DRAFT,
            "screening_id": screening.id,
            "reservation_id": held.id,
            "visitor": visitor,
            "once": once,
            "user_id": user_id,
            "locale": locale,
            "deadline": held.deadline,
            "total": sum(prices),
            "seat_ids": seats,
            "prices": prices,
        }
        if len(db.session().execute(_START, values).all()) == len(seats):
            return Started(order_id, token, held.deadline)
        _raise_if_started(visitor, once)
    raise Conflict("order.code")


def _raise_if_started(visitor: str, once: str) -> None:
    token = db.session().execute(
        text("select token from orders.orders where visitor = :visitor and once = :once"),
        {"visitor": visitor, "once": once},
    ).scalar()  # fmt: skip
    if token is not None:
        raise StartedBefore(token)
