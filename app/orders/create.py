"""Creates orders, once for each once-token, which is the idempotency key of a form.

Seats are claimed and the order is inserted in one short transaction of two statements. Only reservation-service checks
the seats, when it holds them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from app.core import codes, db, metrics, telemetry
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid, TooMany
from app.events import service as events
from app.events.service import Screening
from app.orders import lifecycle, queries
from app.orders.states import DRAFT, PAID, UNPAID_STATES
from app.orders.views import AlreadyStarted, OrderView, Started, StartedWithOtherSeats
from app.reservations import service as reservations
from app.reservations.service import Reservation, SeatsLost, SingleSeatLeft

_START = text(
    """
    with started as (
        insert into orders.orders (id, token, code, state, screening_id, reservation_id, visitor, once, user_id,
            locale, deadline, total, channel, device, screening_revision, partner_id)
        values (:id, :token, :code, :state, :screening_id, :reservation_id, :visitor, :once, :user_id,
            :locale, :deadline, :total, :channel, cast(:device as uuid), :screening_revision,
            cast(:partner_id as integer))
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
    """A form that creates an order: its once-token, and the seats that it asks for.

    It asks for given seats or for `quantity` seats together; an offer has neither: it can be accepted only once. A
    browser can send a page of its history again, with the same once-token and other seats.
    """

    actor: Actor
    once: str
    screening_id: int
    seat_ids: frozenset[int] = frozenset()
    quantity: int | None = None

    def is_answered_by(self, order: OrderView) -> bool:
        """Whether `order` has the seats that this form asks for: then the form was sent twice."""
        if self.quantity is not None:
            return order.is_open and len(order.seats) == self.quantity
        if self.seat_ids:
            return (order.is_open or order.state == PAID) and self.seat_ids == {
                seat.seat_id for seat in order.seats
            }
        return True

    def find_former(self) -> tuple[str, OrderView | None]:
        """The once-token for this form's next order, and the basket that the order replaces, if any.

        Raises AlreadyStarted and StartedWithOtherSeats.
        """
        before = queries.started_by_form(self.actor.visitor, self.once)
        if not before:
            return self.once, None
        newest = before[0]
        if newest.screening.id == self.screening_id and self.is_answered_by(newest):
            raise AlreadyStarted(newest.token)
        replaced = newest.state == DRAFT and newest.is_open and newest.screening.id == self.screening_id
        if replaced and self.seat_ids:
            raise StartedWithOtherSeats(newest.token)
        return f"{self.once}~{len(before)}", newest if replaced else None


def short_code() -> str:
    """A random code for people to read out, `LTZ-4720`: three consonants, which make no word, and four digits."""
    letters = "".join(secrets.choice(_CONSONANTS) for _ in range(3))
    return f"{letters}-{secrets.randbelow(10_000):04d}"


def start_with_seats(
    screening_id: int,
    seat_ids: Sequence[int],
    actor: Actor,
    *,
    once: str,
    single_seat_rule: bool = False,
    replaces: str | None = None,
) -> Started:
    """Start an order for exactly these seats. It replaces the actor's order `replaces` (a token), which is abandoned.

    Raises what `reservations.hold_seats` raises; NotFound for `replaces`; AlreadyStarted when this form has created
    an order for these seats, and StartedWithOtherSeats when it has created a basket with others.
    """
    screening = events.screening(screening_id)
    form = _Form(actor, _checked_once(once), screening_id, seat_ids=frozenset(seat_ids))
    former = _lock_replaced(replaces, screening, actor) if replaces else None
    try:
        held = reservations.hold_seats(
            screening,
            seat_ids,
            actor,
            single_seat_rule=single_seat_rule,
            replaces=former.reservation_id if former else None,
        )
    except (Conflict, TooMany, SingleSeatLeft):
        form.find_former()  # after a double click, the seats belong to the order of the first one
        raise
    if former is not None:
        lifecycle.end_unpaid(former)
    return _insert_order(form, screening, held)


def start_with_best(
    screening_id: int, quantity: int, actor: Actor, *, once: str, replaces: str | None = None
) -> Started:
    """Start an order for the best `quantity` seats together.

    It replaces a basket that the same form created with another quantity. `replaces`: as for `start_with_seats`.
    Raises what `reservations.hold_best` raises, NotFound, and AlreadyStarted.
    """
    screening = events.screening(screening_id)
    form = _Form(actor, _checked_once(once), screening_id, quantity=quantity)
    former = _lock_replaced(replaces, screening, actor) if replaces else None
    try:
        held = reservations.hold_best(
            screening, quantity, actor, replaces=former.reservation_id if former else None
        )
    except (Conflict, TooMany):
        form.find_former()
        raise
    if former is not None:
        lifecycle.end_unpaid(former)
    return _insert_order(form, screening, held)


def start_from_offer(request_token: str, actor: Actor) -> Started:
    """Start an order for the seats that the waiting list offers.

    Raises what `reservations.accept_offer` raises, and AlreadyStarted.
    """
    request = reservations.request(request_token)
    screening = events.screening(request.screening_id)
    form = _Form(actor, f"{queries.OFFER_FORM}{request.id}", screening.id)
    try:
        held = reservations.accept_offer(request_token)
    except Conflict:
        form.find_former()
        raise
    return _insert_order(form, screening, held)


def ensure_free(screening_id: int, seat_ids: Sequence[int], actor: Actor, *, once: str) -> None:
    """Check without a transaction whether seats are still free, so that a lost seat costs no write.

    Raises what `start_with_seats` raises for lost seats, AlreadyStarted and StartedWithOtherSeats included.
    """
    try:
        reservations.ensure_free(events.screening(screening_id), seat_ids)
    except SeatsLost:
        _Form(actor, once, screening_id, seat_ids=frozenset(seat_ids)).find_former()
        raise


def _checked_once(once: str) -> str:
    """The once-token of a form, if its length is plausible. Raises Invalid `order.once`."""
    if not 8 <= len(once) <= 64:
        raise Invalid("order.once", "once")
    return once


def _lock_replaced(token: str, screening: Screening, actor: Actor) -> OrderView | None:
    """Lock the actor's order that is to be replaced by one for `screening`.

    None when it was paid or has ended meanwhile, for example in another tab: then it stays as it is. Raises NotFound.
    """
    reservations.lock_screenings_and_limits((screening.id, queries.screening_of(token)), actor)
    former = queries.own(token, actor)
    return former if former.state in UNPAID_STATES else None


def _insert_order(form: _Form, screening: Screening, held: Reservation) -> Started:
    """Insert the order of the held seats. Raises AlreadyStarted and StartedWithOtherSeats."""
    by_id = events.seat_plan(screening.auditorium_id).by_id
    seats = sorted(held.seat_ids, key=lambda seat_id: (by_id[seat_id].row_index, by_id[seat_id].column))
    prices = [screening.prices[by_id[seat_id].zone_id] for seat_id in seats]
    values = {
        "state": DRAFT,
        "screening_id": screening.id,
        "reservation_id": held.id,
        "visitor": form.actor.visitor,
        "user_id": form.actor.user_id,
        "locale": form.actor.locale,
        "channel": form.actor.channel,
        "device": form.actor.device,
        "partner_id": form.actor.partner_id,
        "deadline": held.deadline,
        "total": sum(prices),
        "screening_revision": screening.revision,
        "seat_ids": seats,
        "prices": prices,
    }
    key, former = form.once, None
    for _ in range(_CODE_TRIES):
        order_id, token = codes.ordered_id(), codes.random_token()
        keys = {"id": order_id, "token": token, "code": short_code(), "once": key}
        if len(db.session().execute(_START, values | keys).all()) == len(seats):
            telemetry.record_committed(metrics.ORDERS, labels={"event": "start"})
            return Started(order_id, token, held.deadline, former.token if former else None)
        key, former = form.find_former()
    raise Conflict("order.code")
