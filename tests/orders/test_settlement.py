"""Settlement of receipts: single, double, of a wrong amount, late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import text

from app.core import db
from app.core.errors import Conflict
from app.events import service as events
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderOver, OrderView
from app.products import service as products
from app.reservations import service as reservations
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.orders.purchases import FULL, STUDENT, expire, refunds, start_payment, valid_tickets
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo", "vvvv")


def seats(screening: Screening, names: str) -> tuple[int, ...]:
    return seat_ids(seat_plan_of(screening), names)


def messages(kind: str, template: str = "") -> int:
    with db.reading() as session:
        return session.execute(
            text(
                "select count(*) from core.outbox where kind = :kind"
                " and (:template = '' or payload->>'template' = :template)"
            ),
            {"kind": kind, "template": template},
        ).scalar_one()


def until(template: str) -> datetime:
    with db.reading() as session:
        received = session.execute(
            text("select payload->>'not_after' from core.outbox where payload->>'template' = :template"),
            {"template": template},
        )
        return datetime.fromisoformat(received.scalar_one())


def test_paid_twice_gives_one_set_of_tickets_and_the_second_money_back(screening: Screening) -> None:
    paid = purchases.pay(start_payment(screening, "A4 A5"), times=2)
    assert paid.state == "paid"
    assert valid_tickets(paid) == ["A4", "A5"]
    assert refunds(paid) == [(7600, "refunded")]
    assert messages("OrderPaid") == 1


def test_money_of_an_earlier_charge_ends_the_one_that_took_its_place(screening: Screening) -> None:
    """The buyer changes to the card while the Pix payment is on its way: the card charge ends."""
    basket = start_payment(screening, "A4")
    pix = purchases.charge_id(basket)
    with db.transaction():
        orders.change_method(basket.token, "card", owner_of(basket))
    purchases.run_due_work()
    card = purchases.charge_id(basket)
    purchases.bank().pay(pix, stubborn=True)
    purchases.run_due_work()
    assert purchases.order(basket.token).state == "paid"
    purchases.run_ticks()
    assert purchases.bank().view(card).status == "ended"


def test_a_webhook_twice_changes_nothing(screening: Screening) -> None:
    paid = purchases.pay(start_payment(screening, "A4"), webhooks=3)
    assert (paid.state, refunds(paid), messages("OrderPaid")) == ("paid", [], 1)


def test_a_wrong_amount_is_refunded_and_the_order_still_waits(screening: Screening) -> None:
    basket = purchases.pay(start_payment(screening, "A4"), amount=3700)
    assert basket.state == "awaiting_payment"
    assert refunds(basket) == [(3700, "refunded")]
    assert valid_tickets(basket) == []
    with db.transaction():
        orders.change_method(basket.token, "pix", owner_of(basket))
    purchases.run_due_work()
    assert purchases.pay(basket).state == "paid"


def test_a_late_payment_gets_the_same_seats_if_they_are_free(screening: Screening) -> None:
    basket = expire(start_payment(screening, "A4 A5", choices=[FULL, STUDENT]))
    assert basket.state == "expired"
    paid = purchases.pay(basket, stubborn=True)
    assert paid.state == "paid"
    assert valid_tickets(paid) == ["A4", "A5"]
    with db.reading():
        assert orders.half_price_left(screening.id) == (5, 6), "its half price counts again"
        assert reservations.seat_states(screening.id) == dict.fromkeys(seats(screening, "A4 A5"))


def test_a_late_payment_gets_its_concessions_or_their_price_back(screening: Screening) -> None:
    popcorn = add_product(screening, on_hand=1, price=2100)
    basket = expire(start_payment(screening, "A4", items={popcorn: 1}))
    other = purchases.buy(screening, seats(screening, "A6"), "eva", items={popcorn: 1})
    assert other.total == 3800 + 2100
    paid = purchases.pay(basket, stubborn=True)
    assert (paid.state, paid.total, paid.items) == ("paid", 3800, ())
    assert refunds(paid) == [(2100, "refunded")]


def test_a_late_payment_gets_its_concessions_if_they_are_in_stock(screening: Screening) -> None:
    popcorn = add_product(screening, on_hand=1, price=2100)
    paid = purchases.pay(expire(start_payment(screening, "A4", items={popcorn: 1})), stubborn=True)
    assert paid.total == 3800 + 2100
    with db.reading():
        assert products.menu(screening.cinema.id, "en")[0].available == 0


@pytest.fixture
def reseated(screening: Screening) -> OrderView:
    """Ana's A4 and A5 are sold to Eva before Ana's payment comes; A2 and A3 are offered to Ana."""
    basket = expire(start_payment(screening, "A4 A5", choices=[FULL, STUDENT]))
    purchases.buy(screening, seats(screening, "A4 A5"), "eva")
    return purchases.pay(basket, stubborn=True)


def test_late_money_is_offered_other_seats(screening: Screening, reseated: OrderView) -> None:
    assert (reseated.state, purchases.offered_seats(reseated)) == ("reseat_offered", ("A2", "A3"))
    assert messages("NoticeRequested", "reseat_offer") == 1
    assert until("reseat_offer") == reseated.reseat_until, "its mail is not sent later"
    with db.transaction():
        orders.accept_reseat(reseated.token)
    with db.transaction():
        orders.accept_reseat(reseated.token)
    paid = purchases.order(reseated.token)
    assert (paid.state, [seat.name for seat in paid.seats]) == ("paid", ["A2", "A3"])
    assert [(seat.ticket_type, seat.price) for seat in paid.seats] == [("full", 3800), ("half", 1900)]
    assert valid_tickets(paid) == ["A2", "A3"]
    assert refunds(paid) == []


def test_new_seats_may_be_old_ones_moved_by_one(screening: Screening) -> None:
    """A2 A3 in place of A3 A4: A3 is an old and a new seat."""
    basket = expire(start_payment(screening, "A3 A4"))
    purchases.buy(screening, seats(screening, "A4 A5 A6 A7"), "eva")
    offered = purchases.pay(basket, stubborn=True)
    assert purchases.offered_seats(offered) == ("A2", "A3")
    with db.transaction():
        orders.accept_reseat(offered.token)
    assert valid_tickets(offered) == ["A2", "A3"]


def test_the_money_instead_of_other_seats(screening: Screening, reseated: OrderView) -> None:
    with db.transaction():
        orders.decline_reseat(reseated.token)
    with db.transaction():
        orders.decline_reseat(reseated.token)
    purchases.run_due_work()
    assert purchases.order(reseated.token).state == "refunded"
    assert refunds(reseated) == [(5700, "refunded")]
    with db.reading():
        taken = reservations.seat_states(screening.id)
    assert set(taken) == set(seats(screening, "A4 A5")), "what was offered is free again"
    with pytest.raises(OrderOver), db.transaction():
        orders.accept_reseat(reseated.token)


def test_a_reseat_without_an_answer_is_refunded(reseated: OrderView) -> None:
    ended = expire(reseated)
    assert ended.state == "refunded"
    assert refunds(reseated) == [(5700, "refunded")]


def test_a_late_payment_without_seats_is_refunded(screening: Screening) -> None:
    basket = expire(start_payment(screening, "B1 B2 B3 B4"))
    purchases.buy(screening, seats(screening, "B1 B2"), "eva")
    after = purchases.pay(basket, stubborn=True)
    assert (after.state, refunds(after)) == ("expired", [(18400, "refunded")])
    assert valid_tickets(after) == []


def test_a_payment_for_a_given_up_order_is_refunded(screening: Screening) -> None:
    basket = start_payment(screening, "A4")
    with db.transaction():
        orders.abandon(basket.token, owner_of(basket))
    after = purchases.pay(basket, stubborn=True)
    assert (after.state, refunds(after)) == ("cancelled", [(3800, "refunded")])


def test_a_payment_for_a_called_off_screening_is_refunded(screening: Screening) -> None:
    basket = start_payment(screening, "A4")
    with db.transaction():
        events.cancel_screening(screening.id, "projector")
    after = purchases.pay(basket, stubborn=True)
    assert (after.state, refunds(after)) == ("cancelled", [(3800, "refunded")])


def test_a_draft_cannot_be_paid_and_a_paid_one_not_changed(screening: Screening) -> None:
    paid = purchases.buy(screening, seats(screening, "A4"))
    verbs: tuple[Callable[[], object], ...] = (
        lambda: orders.choose_types(paid.token, {}, owner_of(paid)),
        lambda: orders.choose_concessions(paid.token, {}, owner_of(paid)),
        lambda: orders.change_seats(paid.token, seats(screening, "A5"), owner_of(paid)),
        lambda: orders.extend(paid.token, owner_of(paid)),
        lambda: orders.abandon(paid.token, owner_of(paid)),
        lambda: orders.change_method(paid.token, "card", owner_of(paid)),
        lambda: orders.check_out(
            paid.token, owner_of(paid), name="Ana", email="ana@example.com", cpf="", method="pix"
        ),
    )
    for verb in verbs:
        with pytest.raises(Conflict), db.transaction():
            verb()
    draft = purchases.start(screening, seats(screening, "A7"), "eva")
    with pytest.raises(Conflict), db.transaction():
        orders.change_method(draft.token, "pix", owner_of(draft))
