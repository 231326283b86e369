"""An order that replaces another: both changes happen, or neither."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import pytest

from app.core import config, db
from app.core.actor import Actor
from app.core.config import Settings
from app.core.errors import Invalid, NotFound
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from app.reservations.service import NothingFits, SeatsLost
from tests.actors import visitor_actor
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.orders.purchases import FULL, STUDENT
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.reservations.holds import taken_seats

pytestmark = pytest.mark.usefixtures("app")
UNKNOWN = 2_000_000_000


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooo")


def seats(screening: Screening, names: str) -> tuple[int, ...]:
    return seat_ids(seat_plan_of(screening), names)


def other_seats(
    screening: Screening, seat_ids: Sequence[int], former: OrderView, actor: Actor | None = None
) -> OrderView:
    with db.transaction():
        started = orders.start_with_seats(
            screening.id,
            seat_ids,
            actor or visitor_actor(),
            once=uuid.uuid4().hex,
            replaces=former.token,
        )
    return purchases.order(started.token)


def the_best(screening: Screening, quantity: int, former: OrderView) -> OrderView:
    with db.transaction():
        started = orders.start_with_best(
            screening.id, quantity, visitor_actor(), once=uuid.uuid4().hex, replaces=former.token
        )
    return purchases.order(started.token)


def test_the_former_order_releases_all_its_claims(screening: Screening, settings: Settings) -> None:
    config.use(settings.changed(holds={"max_per_visitor": 1}))
    popcorn = add_product(screening, on_hand=2)
    former = purchases.choose(
        purchases.start(screening, seats(screening, "A1 A2")), [FULL, STUDENT], {popcorn: 2}
    )
    later = other_seats(screening, seats(screening, "A2 A3"), former)
    assert (purchases.order(former.token).state, purchases.order(former.token).end_reason) == (
        "cancelled",
        "abandoned",
    )
    assert (later.state, taken_seats(screening)) == ("draft", "A2 A3")
    with db.reading():
        left, places = orders.half_price_left(screening.id)
    assert left == places
    later = purchases.choose(later, [STUDENT, STUDENT], {popcorn: 2})  # the former order has released them
    the_best(screening, 4, later)
    assert len(taken_seats(screening).split()) == 4


def test_a_replacement_for_another_screening(screening: Screening) -> None:
    former = purchases.start(screening, seats(screening, "A1 A2"))
    elsewhere = make_screening("oooo")
    other_seats(elsewhere, seats(elsewhere, "A1"), former)
    assert (taken_seats(screening), taken_seats(elsewhere)) == ("", "A1")


def test_the_former_order_stays_when_the_seats_are_lost(screening: Screening) -> None:
    former = purchases.start(screening, seats(screening, "A1 A2"))
    purchases.start(screening, seats(screening, "A5"), "eva")
    with pytest.raises(SeatsLost):
        other_seats(screening, seats(screening, "A4 A5"), former)
    with pytest.raises(NothingFits):
        the_best(screening, 5, former)
    assert (purchases.order(former.token).is_open, taken_seats(screening)) == (True, "A1 A2 A5")


@pytest.mark.parametrize(
    ("chosen", "code"),
    [((), "none"), ((UNKNOWN,), "unknown"), ((UNKNOWN, UNKNOWN), "repeated"), (range(1, 60), "too_many")],
)
def test_the_former_order_stays_when_the_seats_do_not_exist(
    screening: Screening, chosen: Sequence[int], code: str
) -> None:
    former = purchases.start(screening, seats(screening, "A1 A2"))
    with pytest.raises(Invalid) as refused:
        other_seats(screening, chosen, former)
    assert refused.value.code == f"seats.{code}"
    with pytest.raises(Invalid):
        the_best(screening, 0, former)
    assert (purchases.order(former.token).is_open, taken_seats(screening)) == (True, "A1 A2")


def test_an_order_of_another_visitor_is_not_replaced(screening: Screening) -> None:
    former = purchases.start(screening, seats(screening, "A1 A2"))
    with pytest.raises(NotFound):
        other_seats(screening, seats(screening, "A4"), former, visitor_actor("eva"))
    assert (purchases.order(former.token).is_open, taken_seats(screening)) == (True, "A1 A2")


def test_an_order_that_was_paid_meanwhile_stays(screening: Screening) -> None:
    former = purchases.buy(screening, seats(screening, "A1 A2"))
    other_seats(screening, seats(screening, "A4"), former)
    assert (purchases.order(former.token).state, taken_seats(screening)) == ("paid", "A1 A2 A4")


def test_unknown_seats_are_reported_before_lost_ones(screening: Screening) -> None:
    """Free seats are only checked when they are held."""
    purchases.start(screening, seats(screening, "A1"), "eva")
    (lost,) = seats(screening, "A1")
    with db.reading():
        with pytest.raises(Invalid, match=r"seats\.unknown"):
            orders.ensure_free(screening.id, [lost, UNKNOWN], visitor_actor(), once=uuid.uuid4().hex)
        orders.ensure_free(screening.id, [UNKNOWN], visitor_actor(), once=uuid.uuid4().hex)
    with pytest.raises(Invalid, match=r"seats\.unknown"):
        purchases.start(screening, [UNKNOWN])
