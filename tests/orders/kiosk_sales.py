"""Steps of a sale at a kiosk by card: the sandbox terminal, and the ticks that ask it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import text

from app.adapters.terminal.sandbox import SandboxTerminals
from app.core import db
from app.core.actor import Actor
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from app.payments import checks
from app.payments import service as payments
from tests.orders import purchases
from tests.reservations.auditoriums import seat_ids, seat_plan_of

KIOSK = uuid.UUID("aaaaaaaa-0000-0000-0000-000000000001")


def terminals() -> SandboxTerminals:
    return payments.sandbox_terminals()


def at_kiosk(visitor: str = "ana", kiosk: uuid.UUID = KIOSK) -> Actor:
    return Actor(visitor=visitor, address_key=f"{kiosk}", channel="kiosk", device=kiosk)


def start(screening: Screening, names: str, actor: Actor) -> OrderView:
    """An order of the seats with these `names`, ready to be paid."""
    seats: Sequence[int] = seat_ids(seat_plan_of(screening), names)
    with db.transaction():
        token = orders.start_with_seats(screening.id, seats, actor, once=uuid.uuid4().hex).token
    return purchases.choose(purchases.order(token))


def check_out(basket: OrderView, actor: Actor, method: str = payments.CARD_PRESENT) -> OrderView:
    with db.transaction():
        orders.check_out(basket.token, actor, name="", email="", cpf="", method=method)
    purchases.run_due_work()
    return purchases.order(basket.token)


def start_payment(
    screening: Screening, names: str, visitor: str = "ana", kiosk: uuid.UUID = KIOSK
) -> OrderView:
    """Check out an order by card; the terminal waits for the card."""
    actor = at_kiosk(visitor, kiosk)
    return check_out(start(screening, names, actor), actor)


def act(basket: OrderView, *acts: str) -> None:
    """Let `acts` happen at the terminal where the order's newest charge is."""
    charge_id = purchases.charge_id(basket)
    with db.reading() as session:
        kiosk = session.execute(
            text("select terminal from sandbox_terminal.transactions where id = :id"), {"id": charge_id}
        ).scalar_one()
    for one in acts:
        assert terminals().act(kiosk, charge_id, one), one


def ask_terminal() -> None:
    """What the tick of payments does every few seconds, and the work that follows."""
    with db.transaction() as session:
        session.execute(
            text(
                "update core.outbox set available_at = clock_timestamp() where available_at > clock_timestamp()"
            )
        )
        session.execute(
            text(
                "update payments.charges set next_check_at = clock_timestamp() where next_check_at is not null"
                " and terminal is not null"
            )
        )
    checks.check_charges()
    checks.check_refunds()
    purchases.run_due_work()


def reversed_amount(kiosk: uuid.UUID = KIOSK) -> int:
    """What the newest transaction of the terminal gave back, in centavos."""
    return terminals().view(kiosk).reversed
