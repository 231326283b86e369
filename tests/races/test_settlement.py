"""Race: several payments of one order at once, and a late payment against a visitor who takes the seats."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from app.core import db, worker
from app.core.config import Settings
from app.dispatch import routes
from app.events.service import Screening
from app.orders import queries, settlement
from app.orders import service as orders
from app.orders.service import OrderView
from app.payments import checks as payment_checks
from app.payments import service as payments
from app.reservations import claim_statements, claims
from app.reservations.service import SeatsLost
from app.tickets import service as tickets
from tests.orders import purchases
from tests.races.concurrency import deadlocks, of_kind, run_at_once, unexpected, wait_until_blocked
from tests.reservations.auditoriums import make_screening, seat_plan_of

ROUNDS = 12
SEATS = 20


@pytest.fixture
def screening(app: object, database: str, settings: Settings) -> Iterator[Screening]:
    db.connect(database, pool_size=40)
    yield make_screening("o" * SEATS, "o" * SEATS)
    db.connect(database, pool_size=settings.database.pool_size)


def paid_but_not_settled(basket: OrderView, times: int) -> list[Callable[[], str]]:
    """Make `times` payments at the bank; returns for each a function that settles it."""
    purchases.bank().pay(purchases.charge_id(basket), times=times, stubborn=True)
    while worker.drain(routes(("payments",))) + payment_checks.deliver_sandbox_notifications():
        pass
    with db.transaction() as session:
        rows = session.execute(
            text(
                "delete from core.outbox where kind = 'PaymentReceived' and payload->>'order_id' = :id"
                " returning payload"
            ),
            {"id": str(basket.id)},
        ).all()
    assert len(rows) == times

    def settle(receipt: str, amount: int) -> str:
        with db.transaction() as session:
            outcome = settlement.settle(uuid.UUID(receipt), basket.id, amount)
            session.execute(text("select pg_sleep(0.05)"))
            return outcome

    return [
        lambda receipt=row.payload["receipt_id"], amount=row.payload["amount"]: settle(receipt, amount)  # type: ignore[misc]
        for row in rows
    ]


def awaiting_payment(screening: Screening, *places: int) -> OrderView:
    room = seat_plan_of(screening).seats
    seats = [room[place].id for place in places]
    return purchases.check_out(purchases.choose(purchases.start(screening, seats, f"visitor-{places[0]}")))


def settle_four_payments(screening: Screening) -> list[Counter[str]]:
    outcomes = []
    for place in range(ROUNDS):
        basket = awaiting_payment(screening, place)
        results = run_at_once(paid_but_not_settled(basket, 4))
        words = [result if isinstance(result, str) else type(result).__name__ for result in results]
        outcomes.append(Counter(words))
    return outcomes


def test_one_of_four_payments_settles_and_the_others_are_refunded(screening: Screening) -> None:
    assert settle_four_payments(screening) == [Counter(paid=1, refunded=3)] * ROUNDS
    purchases.run_due_work()
    for place in range(ROUNDS):
        with db.reading() as session:
            token = session.execute(
                text("select token from orders.orders where visitor = :visitor"),
                {"visitor": f"visitor-{place}"},
            ).scalar_one()
            order = orders.order(token)
            receipts = payments.receipts_of(order.id)
            assert [receipt.settled for receipt in receipts].count(True) == 1
            assert [one.amount for one in payments.refunds_of(order.id)] == [order.total] * 3
            assert len(tickets.of_order(order.id)) == 1


def test_control_without_the_lock_of_the_order_more_payments_settle_or_fail(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "locked_by_id", queries.by_id)
    assert settle_four_payments(screening) != [Counter(paid=1, refunded=3)] * ROUNDS


def settle_late_against_a_hold() -> list[tuple[str, bool, bool]]:
    """For each round: the late payment's outcome, whether the other visitor got the seat, whether the payer has it."""
    rounds = []
    for place in range(ROUNDS):
        screening = make_screening("ooo")
        basket = awaiting_payment(screening, 0)
        purchases.age_order(basket, 30)
        (settle,) = paid_but_not_settled(basket, 1)
        seat = basket.seats[0].seat_id

        def take(screening: Screening = screening, seat: int = seat, place: int = place) -> bool:
            try:
                purchases.start(screening, [seat], f"taker-{place}")
            except SeatsLost:
                return False
            return True

        outcome, took = run_at_once([settle, take])
        assert not of_kind([outcome, took], Exception), (outcome, took)
        with db.reading() as session:
            owner = session.execute(
                text(
                    "select reservation_id from reservations.seat_claims"
                    " where screening_id = :screening and seat_id = :seat"
                ),
                {"screening": screening.id, "seat": seat},
            ).scalar()
        rounds.append((outcome, took, owner == basket.reservation_id))
    return rounds


@pytest.mark.usefixtures("screening")
def test_a_late_payment_never_gets_a_taken_seat() -> None:
    for outcome, took, is_payers in settle_late_against_a_hold():
        if outcome == "paid":
            assert (took, is_payers) == (False, True)
        else:
            assert (outcome, took, is_payers) == ("reseat_offered", True, False)


@pytest.mark.usefixtures("screening")
def test_control_with_overwriting_claims_both_get_the_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    unguarded = (
        claim_statements.CLAIM[: claim_statements.CLAIM.index("      where held.expires_at")]
        + "    returning seat_id\n"
    )
    monkeypatch.setattr(claims, "SQL", claim_statements.statements(claim=unguarded))
    assert any(outcome == "paid" and took for outcome, took, _ in settle_late_against_a_hold())


def test_a_reseat_is_accepted_or_declined_once(screening: Screening) -> None:
    """The seat is sold, so the late buyer is offered another one and may accept it or ask for the refund."""
    basket = awaiting_payment(screening, 4)
    purchases.age_order(basket, 30)
    purchases.buy(screening, [basket.seats[0].seat_id], "taker")
    (settle,) = paid_but_not_settled(basket, 1)
    assert settle() == "reseat_offered"
    answers = run_at_once([lambda: accept(basket), lambda: decline(basket), lambda: accept(basket)])
    after = purchases.order(basket.token)
    assert after.state in ("paid", "refunded")
    with db.reading():
        issued, back = tickets.of_order(basket.id), payments.refunds_of(basket.id)
    assert (len(issued), len(back)) == ((1, 0) if after.state == "paid" else (0, 1)), answers


def settle_late_during_hold(screening: Screening, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One of two seats was taken; while the late payment claims them, another visitor asks for both."""
    basket = awaiting_payment(screening, 2, 4)
    first, second = (seat.seat_id for seat in basket.seats)
    purchases.age_order(basket, 30)  # the tick has not expired the hold yet
    purchases.start(screening, [first], "taker")
    (settle,) = paid_but_not_settled(basket, 1)
    results: list[object] = []
    picker = threading.Thread(
        target=lambda: results.extend(run_at_once([lambda: hold_as_picker(screening, first, second)]))
    )

    def start_hold_after(step: Callable[..., object]) -> Callable[..., object]:
        def then_hold(*args: object, **options: object) -> object:
            result = step(*args, **options)
            if not picker.ident:
                picker.start()
                wait_until_blocked()
            return result

        return then_hold

    for name in ("move", "claim_seats"):
        monkeypatch.setattr(claims, name, start_hold_after(getattr(claims, name)))
    results.extend(run_at_once([settle]))
    picker.join(20)
    return results


def hold_as_picker(screening: Screening, *seat_ids: int) -> None:
    purchases.start(screening, seat_ids, "picker")


def test_a_late_payment_and_a_hold_do_not_deadlock(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = settle_late_during_hold(screening, monkeypatch)
    assert (len(results), deadlocks(results), unexpected(results)) == (2, 0, [])
    assert "reseat_offered" in results


def test_control_a_late_payment_that_locks_in_two_passes_deadlocks(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlement, "_claims_are_live", lambda order: True)
    assert deadlocks(settle_late_during_hold(screening, monkeypatch)) == 1


def accept(basket: OrderView) -> str:
    with db.transaction():
        orders.accept_reseat(basket.token)
    return "taken"


def decline(basket: OrderView) -> str:
    with db.transaction():
        orders.decline_reseat(basket.token)
    return "declined"
