"""Races at a card terminal: its approval against the deadline, and against the visitor who gives the order up."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from app.core import db
from app.core.config import Settings
from app.core.errors import Conflict
from app.events.service import Screening
from app.orders import queries, settlement
from app.orders import service as orders
from app.orders.service import OrderView
from app.payments import provider_results, providers
from app.payments import service as payments
from app.payments.service import Charge
from tests.orders import kiosk_sales, purchases
from tests.orders.kiosk_sales import ask_terminal, at_kiosk, terminals
from tests.races.concurrency import run_at_once
from tests.reservations.auditoriums import make_screening

ROUNDS = 10
# The order's state, its valid tickets, what was reversed (centavos).
TICKET, REVERSED = ("paid", 1, 0), ("cancelled", 0, 3800)


@pytest.fixture
def screening(app: object, database: str, settings: Settings) -> Iterator[Screening]:
    db.connect(database, pool_size=20)
    yield make_screening("o" * ROUNDS)
    db.connect(database, pool_size=settings.database.pool_size)


def with_card_in(screening: Screening, place: int) -> tuple[OrderView, Charge, uuid.UUID]:
    """An order whose card is in the terminal of a kiosk of its own; its charge; the kiosk."""
    kiosk = uuid.uuid4()
    basket = kiosk_sales.start_payment(screening, f"A{place + 1}", f"visitor-{place}", kiosk)
    kiosk_sales.act(basket, "insert")
    with db.reading():
        return basket, payments.charges_of(basket.id)[-1], kiosk


def record_answer(charge: Charge, ask: Callable[[str], object]) -> None:
    """Record what the terminal answers, as the handlers do."""
    answer = ask(charge.id.hex)
    with db.transaction() as session:
        session.execute(text("select pg_sleep(0.002)"))
        provider_results.record(charge.id, answer)  # type: ignore[arg-type]


def expire(charge: Charge, kiosk: uuid.UUID) -> None:
    """The deadline ends the charge here, then at the terminal."""
    with db.transaction():
        payments.end_charge(charge.id, "expired", publish=False)
    record_answer(charge, providers.provider(terminals().name, kiosk).cancel)


def approve(charge: Charge, kiosk: uuid.UUID) -> bool:
    """The card is approved, unless the terminal has ended the transaction before."""
    is_approved = terminals().act(kiosk, charge.id.hex, "approve")
    record_answer(charge, providers.provider(terminals().name, kiosk).fetch)
    return is_approved


def approve_at_the_deadline(screening: Screening) -> Counter[tuple[bool, bool, int]]:
    """For each round: whether the card was approved, whether the order is paid, and how many receipts it has."""
    outcomes: Counter[tuple[bool, bool, int]] = Counter()
    for place in range(ROUNDS):
        basket, charge, kiosk = with_card_in(screening, place)
        is_approved, ended = run_at_once(
            [lambda: approve(charge, kiosk), lambda: expire(charge, kiosk)]  # noqa: B023
        )
        assert isinstance(is_approved, bool), is_approved
        assert ended is None, ended
        purchases.run_due_work()
        with db.reading():
            receipts = len(payments.receipts_of(basket.id))
        outcomes[is_approved, purchases.order(basket.token).is_paid, receipts] += 1
    return outcomes


def test_an_approval_at_the_deadline_is_never_lost(screening: Screening) -> None:
    outcomes = approve_at_the_deadline(screening)
    assert set(outcomes) <= {(True, True, 1), (False, False, 0)}, outcomes


def test_control_with_receipts_of_live_charges_alone_an_approval_is_lost(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminals(), "act", slowly(terminals().act))
    unguarded = str(provider_results._RECORD_PAID).replace(
        "from payments.charges where id = :charge_id",
        "from payments.charges where id = :charge_id and state in ('created', 'pending', 'unknown')",
    )
    monkeypatch.setattr(provider_results, "_RECORD_PAID", text(unguarded))
    assert approve_at_the_deadline(screening)[True, False, 0] > 0


def slowly(step: Callable[..., object]) -> Callable[..., object]:
    """The step, with a pause after it: what happens at the same time goes first."""

    def with_pause(*values: object) -> object:
        result = step(*values)
        time.sleep(0.1)
        return result

    return with_pause


def approved_receipt(screening: Screening, place: int) -> tuple[OrderView, uuid.UUID, uuid.UUID]:
    """An order whose approval is recorded and not settled yet; its receipt; the kiosk."""
    basket, charge, kiosk = with_card_in(screening, place)
    assert approve(charge, kiosk)
    with db.transaction() as session:
        payload = session.execute(
            text(
                "delete from core.outbox where kind = 'PaymentReceived' and payload->>'order_id' = :id"
                " returning payload"
            ),
            {"id": str(basket.id)},
        ).scalar_one()
    return basket, uuid.UUID(payload["receipt_id"]), kiosk


def settle(basket: OrderView, receipt_id: uuid.UUID) -> str:
    with db.transaction():
        return settlement.settle(receipt_id, basket.id, basket.total)


def give_up(basket: OrderView) -> None:
    try:
        with db.transaction():
            orders.abandon(basket.token, at_kiosk(basket.visitor))
    except Conflict:
        pass  # it was paid meanwhile


def settle_while_given_up(screening: Screening) -> list[tuple[object, ...]]:
    """For each round the order's state, its valid tickets, what was reversed; or the errors."""
    outcomes: list[tuple[object, ...]] = []
    for place in range(ROUNDS):
        basket, receipt_id, kiosk = approved_receipt(screening, place)
        results = run_at_once(
            [lambda: settle(basket, receipt_id), lambda: give_up(basket)]  # noqa: B023
        )
        if errors := [one for one in results if isinstance(one, Exception)]:
            outcomes.append(tuple(type(error).__name__ for error in errors))
            continue
        ask_terminal()
        after = purchases.order(basket.token)
        outcomes.append(
            (after.state, len(purchases.valid_tickets(after)), kiosk_sales.reversed_amount(kiosk))
        )
    return outcomes


def test_an_order_that_is_given_up_while_it_is_settled_has_tickets_or_its_money(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("locked", "locked_by_id"):
        monkeypatch.setattr(queries, name, slowly(getattr(queries, name)))
    outcomes = settle_while_given_up(screening)
    assert set(outcomes) <= {TICKET, REVERSED}, outcomes


def test_control_without_the_lock_of_the_order_it_is_paid_and_released_at_once(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The move to `cancelled` then finds the order paid, and fails."""
    monkeypatch.setattr(queries, "locked", slowly(queries.order))
    assert not set(settle_while_given_up(screening)) <= {TICKET, REVERSED}
