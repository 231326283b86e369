"""Steps of a purchase through the services, with the worker's messages and the sandbox bank, on a real database."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import text

from app.adapters.psp.sandbox import Sandbox
from app.core import cache, db, worker
from app.dispatch import routes
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView, TypeChoice
from app.payments import checks as payment_checks
from app.payments import providers
from app.payments import service as payments
from app.tickets import service as tickets
from tests.actors import owner_of, visitor_actor
from tests.reservations.auditoriums import seat_ids, seat_plan_of

FULL = TypeChoice()
STUDENT = TypeChoice("half", "student")
SENIOR = TypeChoice("half", "senior")
SERVICES = ("orders", "payments", "reservations", "events", "products")


def bank() -> Sandbox:
    return providers.sandbox()


def run_due_work() -> int:
    """Handle all messages and webhooks of the bank that are due; returns how many."""
    mine, done = routes(SERVICES), 0
    while handled := worker.drain(mine) + payment_checks.deliver_sandbox_notifications():
        done += handled
    return done


def start(screening: Screening, seats: Sequence[int], visitor: str = "ana", once: str = "") -> OrderView:
    with db.transaction():
        started = orders.start_with_seats(
            screening.id,
            seats,
            visitor_actor(visitor),
            once=once or uuid.uuid4().hex,
        )
    return order(started.token)


def order(token: str) -> OrderView:
    with db.reading():
        return orders.order(token)


def offered_seats(order: OrderView) -> tuple[str, ...]:
    with db.reading():
        return orders.offered_seats(order)


def choose(
    basket: OrderView,
    choices: Sequence[TypeChoice] | None = None,
    items: Mapping[int, int] | None = None,
    age: bool = True,
) -> OrderView:
    """Choose ticket types in the order of the seats (default: full price), then concessions."""
    chosen = dict(
        zip((seat.seat_id for seat in basket.seats), choices or [FULL] * len(basket.seats), strict=True)
    )
    with db.transaction():
        orders.choose_types(basket.token, chosen, owner_of(basket), age_confirmed=age)
    with db.transaction():
        orders.choose_concessions(basket.token, items or {}, owner_of(basket))
    return order(basket.token)


def check_out(basket: OrderView, method: str = "pix") -> OrderView:
    buyer = owner_of(order(basket.token))
    with db.transaction():
        orders.check_out(
            basket.token, buyer, name="Ana Souza", email="ana@example.org", cpf="", method=method
        )
    run_due_work()
    return order(basket.token)


def charge_id(basket: OrderView) -> str:
    """The provider's id of the order's newest charge."""
    with db.reading():
        found = payments.charges_of(basket.id)[-1].provider_charge_id
    assert found
    return found


def pay(basket: OrderView, **behaviour: object) -> OrderView:
    """Pay the order's charge at the bank; `behaviour`: arguments of Sandbox.pay."""
    bank().pay(charge_id(basket), **behaviour)  # type: ignore[arg-type]
    run_due_work()
    return order(basket.token)


def buy(screening: Screening, seats: Sequence[int], visitor: str = "ana", **chosen: object) -> OrderView:
    basket = choose(start(screening, seats, visitor), **chosen)  # type: ignore[arg-type]
    return pay(check_out(basket))


def start_payment(screening: Screening, names: str, visitor: str = "ana", **chosen: object) -> OrderView:
    """Check out an order of the seats with these `names`; it waits for its payment."""
    basket = start(screening, seat_ids(seat_plan_of(screening), names), visitor)
    return check_out(choose(basket, **chosen))  # type: ignore[arg-type]


def expire(basket: OrderView, minutes: float = 30) -> OrderView:
    """Let the order's time run out and run the ticks; returns the order."""
    age_order(basket, minutes)
    run_ticks()
    return order(basket.token)


def refunds(basket: OrderView) -> list[tuple[int, str]]:
    with db.reading():
        return [(one.amount, one.state) for one in payments.refunds_of(basket.id)]


def valid_tickets(basket: OrderView) -> list[str]:
    with db.reading():
        return [one.seat_name for one in tickets.of_order(basket.id) if one.is_valid]


def set_film_times(screening: Screening, *, started: float, ends: float) -> None:
    """Let the film begin `started` minutes ago and end in `ends` minutes (negative: it is over)."""
    with db.transaction() as session:
        session.execute(
            text(
                "update events.screenings set starts_at = clock_timestamp() - make_interval(mins => :started),"
                " ends_at = clock_timestamp() + make_interval(mins => :ends) where id = :id"
            ),
            {"id": screening.id, "started": started, "ends": ends},
        )
    cache.clear_all()


def age_order(basket: OrderView, minutes: float) -> None:
    """Move all times of the order into the past, as if `minutes` had passed."""
    with db.transaction() as session:
        for statement in (
            "update orders.orders set deadline = deadline - :ago, reseat_until = reseat_until - :ago where id = :id",
            "update payments.charges set created_at = created_at - :ago where order_id = :id",
            "update orders.half_price_claims set expires_at = expires_at - :ago where order_id = :id",
            "update products.stock_claims set expires_at = expires_at - :ago where order_id = :id",
            "update reservations.reservations set expires_at = expires_at - :ago where id in (select reservation_id"
            " from orders.orders where id = :id union select reseat_reservation_id from orders.orders where id = :id)",
            "update reservations.seat_claims set expires_at = expires_at - :ago where reservation_id in (select"
            " reservation_id from orders.orders where id = :id union select reseat_reservation_id from orders.orders"
            " where id = :id)",
        ):
            session.execute(
                text(statement.replace(":ago", f"interval '{minutes} minutes'")), {"id": basket.id}
            )


def run_ticks() -> None:
    """Run each tick of SERVICES once, except those of events, then all due work."""
    from app.dispatch import ticks

    run: list[Callable[[], object]] = [
        tick.function for tick in ticks(SERVICES) if not tick.name.startswith("events")
    ]
    for function in run:
        function()
    run_due_work()
