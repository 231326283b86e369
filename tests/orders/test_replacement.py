"""An order that is given up for another one: both happen, or neither."""

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
from tests.actors import browser
from tests.orders import buying
from tests.orders.buying import FULL, STUDENT
from tests.orders.counter import stock
from tests.reservations.holds import taken
from tests.reservations.rooms import ids, make_screening, plan_of

pytestmark = pytest.mark.usefixtures("app")
UNKNOWN = 2_000_000_000


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooo")


def seats(screening: Screening, names: str) -> tuple[int, ...]:
    return ids(plan_of(screening), names)


def other_seats(
    screening: Screening, seat_ids: Sequence[int], former: OrderView, actor: Actor | None = None
) -> OrderView:
    with db.transaction():
        started = orders.start_with_seats(
            screening.id,
            seat_ids,
            actor or browser(),
            once=uuid.uuid4().hex,
            instead_of=former.token,
        )
    return buying.order(started.token)


def the_best(screening: Screening, quantity: int, former: OrderView) -> OrderView:
    with db.transaction():
        started = orders.start_with_best(
            screening.id, quantity, browser(), once=uuid.uuid4().hex, instead_of=former.token
        )
    return buying.order(started.token)


def test_everything_that_the_former_one_holds_goes_back(screening: Screening, settings: Settings) -> None:
    config.use(settings.changed(holds={"max_per_visitor": 1}))
    popcorn = stock(screening, on_hand=2)
    former = buying.choose(buying.start(screening, seats(screening, "A1 A2")), [FULL, STUDENT], {popcorn: 2})
    later = other_seats(screening, seats(screening, "A2 A3"), former)
    assert (buying.order(former.token).state, buying.order(former.token).end_reason) == (
        "cancelled",
        "abandoned",
    )
    assert (later.state, taken(screening)) == ("draft", "A2 A3")
    with db.reading():
        left, places = orders.half_price_left(screening.id)
    assert left == places
    later = buying.choose(later, [STUDENT, STUDENT], {popcorn: 2})  # which nobody has any more
    the_best(screening, 4, later)
    assert len(taken(screening).split()) == 4


def test_for_a_screening_elsewhere_too(screening: Screening) -> None:
    former = buying.start(screening, seats(screening, "A1 A2"))
    elsewhere = make_screening("oooo")
    other_seats(elsewhere, seats(elsewhere, "A1"), former)
    assert (taken(screening), taken(elsewhere)) == ("", "A1")


def test_it_stays_when_the_other_seats_cannot_be_had(screening: Screening) -> None:
    former = buying.start(screening, seats(screening, "A1 A2"))
    buying.start(screening, seats(screening, "A5"), "eva")
    with pytest.raises(SeatsLost):
        other_seats(screening, seats(screening, "A4 A5"), former)
    with pytest.raises(NothingFits):
        the_best(screening, 5, former)
    assert (buying.order(former.token).is_open, taken(screening)) == (True, "A1 A2 A5")


@pytest.mark.parametrize(
    ("chosen", "code"),
    [((), "none"), ((UNKNOWN,), "unknown"), ((UNKNOWN, UNKNOWN), "repeated"), (range(1, 60), "too_many")],
)
def test_it_stays_when_there_are_no_such_seats(
    screening: Screening, chosen: Sequence[int], code: str
) -> None:
    former = buying.start(screening, seats(screening, "A1 A2"))
    with pytest.raises(Invalid) as refused:
        other_seats(screening, chosen, former)
    assert refused.value.code == f"seats.{code}"
    with pytest.raises(Invalid):
        the_best(screening, 0, former)
    assert (buying.order(former.token).is_open, taken(screening)) == (True, "A1 A2")


def test_nobody_gives_up_the_order_of_another(screening: Screening) -> None:
    former = buying.start(screening, seats(screening, "A1 A2"))
    with pytest.raises(NotFound):
        other_seats(screening, seats(screening, "A4"), former, browser("eva"))
    assert (buying.order(former.token).is_open, taken(screening)) == (True, "A1 A2")


def test_one_that_was_paid_meanwhile_stays(screening: Screening) -> None:
    former = buying.bought(screening, seats(screening, "A1 A2"))
    other_seats(screening, seats(screening, "A4"), former)
    assert (buying.order(former.token).state, taken(screening)) == ("paid", "A1 A2 A4")


def test_seats_that_are_looked_at_are_checked_before_they_are_said_to_be_lost(screening: Screening) -> None:
    """What is free is checked by the hold alone."""
    buying.start(screening, seats(screening, "A1"), "eva")
    (lost,) = seats(screening, "A1")
    with db.reading():
        with pytest.raises(Invalid, match=r"seats\.unknown"):
            orders.ensure_free(screening.id, [lost, UNKNOWN], browser(), once=uuid.uuid4().hex)
        orders.ensure_free(screening.id, [UNKNOWN], browser(), once=uuid.uuid4().hex)
    with pytest.raises(Invalid, match=r"seats\.unknown"):
        buying.start(screening, [UNKNOWN])
