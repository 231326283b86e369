"""The measured verbs, called as by a front end, in a transaction with its commit.

The effects of a verb are undone between the measurements, so that each one starts from the same state.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

from sqlalchemy import text

from app.core import config, db
from app.core.actor import Actor
from app.core.config import Settings
from app.core.worker import run_tick
from app.dispatch import ticks
from app.events import service as events
from app.events.service import Screening
from app.orders import service as orders
from app.products import service as products
from app.reservations import service as reservations
from app.tickets import service as tickets
from app.tickets.service import IssueFacts, TicketLine

SECRET = "measured-in-public"  # noqa: S105 (it protects nothing)
NAMES = (
    "a hold",
    "a snack hold",
    "a seat map",
    "a menu",
    "a scan",
    "a place in line",
    "the worker's ticks of a minute",
)
MINUTE = 60.0
# Commits do not wait for the disk, whose time does not depend on the amount of stored data.
WITHOUT_DISK_WAIT = {"options": "-c synchronous_commit=off"}
_SCREENING = text(
    """
    select s.id from events.screenings s join events.seats p on p.auditorium_id = s.auditorium_id
    where s.status = 'scheduled' and s.starts_at > clock_timestamp() + interval '3 hours'
    group by s.id order by count(*) desc, s.starts_at, s.id limit 1
    """
)

Step = Iterator[None]


class Verbs:
    """The verbs as generators: only the part between the first and the second `yield` is timed."""

    def __init__(self) -> None:
        with db.reading() as session:
            self.screening: Screening = events.screening(session.execute(_SCREENING).scalar_one())
            taken = reservations.seat_states(self.screening.id)
            plan = events.seat_plan(self.screening.auditorium_id)
            menu = products.menu(self.screening.cinema.id, "pt_BR")
        row = next(seat.row_index for seat in plan.seats if seat.id not in taken)
        free = [seat.id for seat in plan.seats if seat.row_index == row and seat.id not in taken]
        self.seats = free[:2]
        self.snack = max(menu, key=lambda item: item.available).id
        self.by_name: dict[str, Callable[[], Step]] = dict(
            zip(
                NAMES,
                (
                    self.hold,
                    self.snack_hold,
                    self.seat_map,
                    self.menu,
                    self.scan,
                    self.request,
                    self.ticks,
                ),
                strict=True,
            )
        )

    def hold(self) -> Step:
        who = uuid.uuid4().hex
        actor = Actor(visitor=who, address_key=who)
        yield
        with db.transaction():
            begun = orders.start_with_seats(self.screening.id, self.seats, actor, once=who)
        yield
        with db.transaction():
            orders.abandon(begun.token, actor)

    def snack_hold(self) -> Step:
        order_id = uuid.uuid4()
        until = datetime.now(UTC) + timedelta(minutes=10)
        yield
        with db.transaction():
            products.hold(order_id, self.screening.cinema.id, {self.snack: 1}, until)
        yield
        with db.transaction():
            products.release(order_id)

    def seat_map(self) -> Step:
        yield
        with db.reading():
            screening = events.screening(self.screening.id)
            events.seat_plan(screening.auditorium_id)
            reservations.seat_states(screening.id)
        yield

    def menu(self) -> Step:
        yield
        with db.reading():
            products.menu(self.screening.cinema.id, "pt_BR")
        yield

    def scan(self) -> Step:
        now = datetime.now(UTC)
        facts = IssueFacts(
            order_id=uuid.uuid4(),
            order_code=uuid.uuid4().hex[:6].upper(),
            screening_id=2**30 + uuid.uuid4().int % 2**30,
            film_title="Metrópolis",
            cinema_id=self.screening.cinema.id,
            cinema_name="Centro",
            auditorium_name="Sala 2",
            auditorium_label="2",
            starts_at=now + timedelta(minutes=10),
            ends_at=now + timedelta(minutes=130),
            timezone="America/Sao_Paulo",
        )
        with db.transaction():
            (ticket,) = tickets.issue(facts, [TicketLine(1, "F7", "F", "7", "Padrão", "full", None, 3800)])
        door = Actor(channel="door")
        yield
        with db.transaction():
            admission = tickets.admit(ticket.qr_text, door, gate="1", cinema_id=self.screening.cinema.id)
        yield
        if admission.verdict != "admitted":
            raise RuntimeError(f"the door says {admission.verdict}")

    def request(self) -> Step:
        who = uuid.uuid4().hex
        yield
        with db.transaction():
            request = reservations.join_waiting_list(
                self.screening, 2, f"{who}@example.com", Actor(visitor=who)
            )
        yield
        with db.transaction():
            reservations.cancel_request(request.token)

    def ticks(self) -> Step:
        """The ticks that run at least once a minute; rarer ones would delete measured rows."""
        often = [tick for tick in ticks() if tick.seconds <= MINUTE and tick.name != "sandbox bank"]
        yield
        for tick in often:
            if not run_tick(tick):
                raise RuntimeError(f"{tick.name} failed")
        yield


def serve(url: str, asks: Connection) -> None:
    """Receive names of verbs and answer with their time in ms, until the connection is closed."""
    config.use(Settings().changed(database={"url": url}, web={"secret_key": SECRET}))
    db.connect(url, pool_size=4, connect_args=WITHOUT_DISK_WAIT)
    verbs = Verbs()
    with suppress(EOFError):
        while True:
            asks.send(_timed(verbs.by_name[asks.recv()]))


def _timed(verb: Callable[[], Step]) -> float:
    """Milliseconds between the two `yield` of `verb`."""
    steps = verb()
    next(steps)
    began = time.perf_counter()
    next(steps)
    took = time.perf_counter() - began
    for _ in steps:
        pass
    return took * 1000
