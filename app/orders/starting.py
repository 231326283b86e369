"""Starting an order: seats are claimed and the order written in one short transaction of two statements."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import text

from app.core import codes, db
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid, TooMany
from app.events import service as events
from app.events.service import Screening
from app.orders import ending, reading
from app.orders.states import AWAITING, DRAFT, PAID
from app.orders.views import OrderView, Started, StartedBefore, StartedOtherwise, WrongState
from app.reservations import service as reservations
from app.reservations.service import Reservation, SeatsLost, SingleSeatLeft

_START = text(
    """
    with started as (
        insert into orders.orders (id, token, code, state, screening_id, reservation_id, visitor, once, user_id,
            locale, deadline, total, channel, device)
        values (:id, :token, :code, :state, :screening_id, :reservation_id, :visitor, :once, :user_id,
            :locale, :deadline, :total, :channel, cast(:device as uuid))
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


@dataclass(frozen=True, slots=True)
class _Form:
    """What was asked for, and by which form: a page that the browser kept can be sent again, with another wish.

    Given seats, or `quantity` together; neither for an offer, which one can take only once.
    """

    actor: Actor
    once: str
    screening_id: int
    seat_ids: frozenset[int] = frozenset()
    quantity: int | None = None

    def answered_by(self, order: OrderView) -> bool:
        """Whether `order` is what this form asks for: then it was sent twice."""
        if self.quantity is not None:
            return order.is_open and len(order.seats) == self.quantity
        if self.seat_ids:
            return (order.is_open or order.state == PAID) and self.seat_ids == {
                seat.seat_id for seat in order.seats
            }
        return True

    def look_back(self) -> tuple[str, OrderView | None]:
        """The key that this form's next order gets, and the basket that it takes the place of.

        Raises StartedBefore and StartedOtherwise.
        """
        before = reading.of_form(self.actor.visitor, self.once)
        if not before:
            return self.once, None
        newest = before[0]
        if newest.screening.id == self.screening_id and self.answered_by(newest):
            raise StartedBefore(newest.token)
        replaced = newest.state == DRAFT and newest.is_open and newest.screening.id == self.screening_id
        if replaced and self.seat_ids:
            raise StartedOtherwise(newest.token)
        return f"{self.once}~{len(before)}", newest if replaced else None


def short_code() -> str:
    """Three consonants and four digits, `LTZ-4720`: to be read out loud, and no word by chance."""
    letters = "".join(secrets.choice(_CONSONANTS) for _ in range(3))
    return f"{letters}-{secrets.randbelow(10_000):04d}"


def start_with_seats(
    screening_id: int,
    seat_ids: Sequence[int],
    actor: Actor,
    *,
    once: str,
    leave_no_single: bool = False,
    instead_of: str | None = None,
) -> Started:
    """An order for exactly these seats; the actor's order `instead_of` is given up for it, or stays.

    Raises what `reservations.hold_seats` raises; StartedBefore when this form's order stands already, and
    StartedOtherwise when that is a basket with other seats.
    """
    screening = events.screening(screening_id)

    def hold() -> Reservation:
        _make_way(instead_of, actor, screening, seat_ids=seat_ids)
        return reservations.hold_seats(screening, seat_ids, actor, leave_no_single=leave_no_single)

    return _start(screening, hold, _Form(actor, once, screening_id, seat_ids=frozenset(seat_ids)))


def ensure_free(screening_id: int, seat_ids: Sequence[int], actor: Actor, *, once: str) -> None:
    """Look whether seats can still be had, where one doubts it: what is lost costs no transaction.

    Raises what `start_with_seats` raises for lost seats, StartedBefore and StartedOtherwise included.
    """
    try:
        reservations.ensure_free(events.screening(screening_id), seat_ids)
    except SeatsLost:
        _Form(actor, once, screening_id, seat_ids=frozenset(seat_ids)).look_back()
        raise


def start_with_best(
    screening_id: int,
    quantity: int,
    actor: Actor,
    *,
    once: str,
    instead_of: str | None = None,
) -> Started:
    """An order for the best seats together, in place of the basket that the same form began with another number.

    `instead_of`: as for `start_with_seats`.

    Raises what `reservations.hold_best` raises, and StartedBefore.
    """
    screening = events.screening(screening_id)

    def hold() -> Reservation:
        _make_way(instead_of, actor, screening, quantity=quantity)
        return reservations.hold_best(screening, quantity, actor)

    return _start(screening, hold, _Form(actor, once, screening_id, quantity=quantity))


def start_from_offer(request_token: str, actor: Actor) -> Started:
    """An order for the seats that the waiting list offered. Raises what `reservations.accept_offer` raises."""
    request = reservations.request(request_token)
    screening = events.screening(request.screening_id)
    form = _Form(actor, f"{reading.OFFER_FORM}{request.id}", screening.id)
    return _start(screening, lambda: reservations.accept_offer(request_token), form)


def _make_way(
    given_up: str | None,
    actor: Actor,
    screening: Screening,
    *,
    seat_ids: Sequence[int] = (),
    quantity: int | None = None,
) -> None:
    """End the order in whose place another comes, for `seat_ids` or `quantity` together.

    Paid meanwhile, in another tab, it stays. Raises NotFound, and Invalid where there are no such seats to reach for.
    """
    if given_up is None:
        return
    if quantity is None:
        reservations.check_seats(screening, seat_ids)
    else:
        reservations.check_quantity(quantity)
    elsewhere = reading.order(given_up).screening.id  # an order's screening never changes
    reservations.queue_up((screening.id, elsewhere), actor)
    former = reading.own(given_up, actor)
    if former.state in (DRAFT, AWAITING):
        reservations.reach_for(screening, former.reservation_id, seat_ids=seat_ids, quantity=quantity)
    with suppress(WrongState):
        ending.abandon(given_up, actor)


def _start(screening: Screening, hold: Callable[[], Reservation], form: _Form) -> Started:
    actor = form.actor
    if not 8 <= len(form.once) <= 64:
        raise Invalid("order.once", "once")
    try:
        held = hold()
    except (Conflict, TooMany, SingleSeatLeft):
        form.look_back()  # a double click, for example: the first one's order has the seats
        raise
    by_id = events.seat_plan(screening.auditorium_id).by_id
    seats = sorted(held.seat_ids, key=lambda seat_id: (by_id[seat_id].row_index, by_id[seat_id].column))
    prices = [screening.prices[by_id[seat_id].zone_id] for seat_id in seats]
    key: str = form.once
    former: OrderView | None = None
    for _ in range(_CODE_TRIES):
        token = codes.random_token()
        order_id = codes.ordered_id()
        values = {
            "id": order_id,
            "token": token,
            "code": short_code(),
            "state": DRAFT,
            "screening_id": screening.id,
            "reservation_id": held.id,
            "visitor": actor.visitor,
            "once": key,
            "user_id": actor.user_id,
            "locale": actor.locale,
            "deadline": held.deadline,
            "total": sum(prices),
            "channel": actor.channel,
            "device": actor.device,
            "seat_ids": seats,
            "prices": prices,
        }
        if len(db.session().execute(_START, values).all()) == len(seats):
            return Started(order_id, token, held.deadline, former.token if former else None)
        key, former = form.look_back()
    raise Conflict("order.code")
