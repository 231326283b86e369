"""The worker: drains the outbox for the services that this process serves, and runs their ticks.

Handlers are given in by the caller (the `worker` command collects them from each service's `handlers.py`), so
that nothing here knows a service.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import text

from app.adapters.postgres_listen import listen
from app.core import db, leases, outbox
from app.core.errors import Poison, Retry
from app.core.failpoints import failpoint
from app.core.liveness import Watch
from app.core.messages import Message
from app.core.outbox import AlreadyDone, Delivery

log = logging.getLogger("bilheteria.worker")

MOST_ATTEMPTS = 10
# A mail server that is down, or takes strangers' mail only at the second try, minutes later: a day, in all.
PAUSES_OF_A_DAY = (30.0, 60.0, 300.0, 900.0, *[3600.0] * 24)
THREADS = 4
# A message may wait for a mail server or a bank, and a tick for all of them or for a year's rows: so many times longer
# than for a process are they waited for until they are taken for hung.
PATIENCE_WITH_A_LANE, PATIENCE_WITH_TICKS = 10, 30
BATCH = 4
LEASE_SECONDS = 30.0
Handler = Callable[[Any, Delivery], None]
Routes = Mapping[tuple[str, type[Message]], Handler]


@dataclass(frozen=True)
class Tick:
    """Work by the clock: `function` runs every `seconds`, on one worker at a time; it opens its transactions."""

    name: str
    seconds: float
    function: Callable[[], object]


def deliver(delivery: Delivery, routes: Routes) -> None:
    """Handle one delivery; every outcome is written down: done, put off, or dead."""
    handler = routes.get((delivery.consumer, type(delivery.message)))
    kind = type(delivery.message).__name__
    try:
        if handler is None:
            raise Poison(f"{delivery.consumer} has no handler for {kind}")
        failpoint(f"{kind}.leased")
        handler(delivery.message, delivery)
        if not delivery.done:
            with delivery.transaction():
                pass
    except AlreadyDone:
        return
    except Poison as error:
        log.error("dead letter", extra={"kind": kind, "message_id": delivery.message_id, "error": str(error)})
        leases.bury(delivery, error=str(error))
    except Exception as error:
        _failed(delivery, kind, error)


def _failed(delivery: Delivery, kind: str, error: Exception) -> None:
    passing = isinstance(error, Retry)
    facts = {"kind": kind, "message_id": delivery.message_id, "attempts": delivery.attempts}
    delay = _pause(delivery.attempts, error)
    if delay is None and isinstance(error, Retry) and error.asked_anew:
        log.warning("let go", extra=facts | {"error": repr(error)})
        leases.let_go(delivery)
        return
    if delay is None:
        log.error("dead letter", exc_info=error, extra=facts)
        leases.bury(delivery, error=repr(error))
        return
    log.warning("put off", exc_info=None if passing else error, extra=facts | {"error": repr(error)})
    leases.put_off(delivery, delay=delay, error=repr(error))


def _pause(attempts: int, error: Exception) -> float | None:
    """Seconds until the next try; None after the last one. Spread by a quarter: crowds of retries come apart.

    0.5, 1, 2, 4 … at most 120 seconds, ten tries in all; `PAUSES_OF_A_DAY` for what may take as long.
    """
    spread = random.uniform(0.75, 1.25)  # noqa: S311 (spreads load, guards nothing)
    if isinstance(error, Retry) and error.for_a_day:
        return PAUSES_OF_A_DAY[attempts - 1] * spread if attempts <= len(PAUSES_OF_A_DAY) else None
    if attempts >= MOST_ATTEMPTS:
        return None
    if isinstance(error, Retry) and error.delay is not None:
        return error.delay
    return min(120.0, 0.25 * 2.0**attempts) * spread


def drain(routes: Routes, *, limit: int = 10_000) -> int:
    """Handle everything that is due now, in this thread; for tests and commands. Returns how many."""
    consumers = sorted({consumer for consumer, _ in routes})
    handled = 0
    while handled < limit:
        batch = leases.lease(consumers, batch=10, seconds=LEASE_SECONDS)
        if not batch:
            break
        for delivery in batch:
            if leases.keep(delivery, seconds=LEASE_SECONDS):
                deliver(delivery, routes)
        handled += len(batch)
    return handled


class Lane:
    """The threads that lease and handle the messages of some consumers; what others wait for holds up none of them."""

    def __init__(
        self,
        consumers: Sequence[str],
        routes: Routes,
        stopping: threading.Event,
        *,
        threads: int,
        lease_seconds: float,
    ) -> None:
        self.consumers = sorted(consumers)
        self.routes = routes
        self.threads = threads
        self.lease_seconds = lease_seconds
        self.name = self.consumers[0] if len(self.consumers) == 1 else "lease"
        self.rounds = 0  # of all its threads together: it stands still when all of them hang
        self._stopping = stopping
        self._wake = threading.Condition()
        self._hints = 0
        self._answered = 0  # hints that some thread has begun to look for

    def loops(self) -> list[threading.Thread]:
        return [threading.Thread(target=self._loop, name=f"{self.name}-{n}") for n in range(self.threads)]

    def hint(self) -> None:
        """Wake one thread: a single message needs no more, and each that wakes asks the database."""
        with self._wake:
            self._hints += 1
            self._wake.notify()

    def wake_all(self) -> None:
        with self._wake:
            self._wake.notify_all()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self.rounds += 1
            with self._wake:
                self._answered = self._hints
            try:
                batch = leases.lease(self.consumers, batch=BATCH, seconds=self.lease_seconds)
                if len(batch) == BATCH:
                    self.hint()  # there may be more than this thread has taken: another one looks
                for delivery in batch:
                    self._handle(delivery)
            except Exception:
                log.exception("the lease loop stumbled; the database may be away")
                batch = []
                self._stopping.wait(1.0)
            if len(batch) < BATCH:
                with self._wake:
                    if self._hints <= self._answered:
                        self._wake.wait(timeout=1.0)

    def _handle(self, delivery: Delivery) -> None:
        """The message, and what it leads to that this lane handles too: no lease and no hint in between."""
        with outbox.going_on(self.consumers, seconds=self.lease_seconds) as waiting:
            waiting.append(delivery)
            while waiting:
                one = waiting.pop(0)
                self.rounds += 1
                if leases.keep(one, seconds=self.lease_seconds):
                    deliver(one, self.routes)


class Worker:
    """Lanes that lease and handle, a thread that listens, one that ticks; `stop()` ends them after their message.

    `threads` of them serve all consumers together, but those that `own_threads` names: each of these has so many of
    its own.
    """

    def __init__(
        self,
        routes: Routes,
        ticks: Sequence[Tick],
        *,
        threads: int = THREADS,
        own_threads: Mapping[str, int] = MappingProxyType({}),
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.ticks = ticks
        self._tick_rounds = 0
        self._stopping = threading.Event()
        consumers = {consumer for consumer, _ in routes}
        together = consumers.difference(own_threads)
        parted = [([one], count) for one, count in sorted(own_threads.items()) if one in consumers]
        self.lanes = [
            Lane(served, routes, self._stopping, threads=count, lease_seconds=lease_seconds)
            for served, count in ([(sorted(together), threads)] if together else []) + parted
        ]

    def run(self) -> None:
        """Work until `stop()`."""
        loops = [loop for lane in self.lanes for loop in lane.loops()]
        loops += [threading.Thread(target=self._tick_loop, name="tick")]
        loops += [threading.Thread(target=self._listen_loop, name="listen")]
        for loop in loops:
            loop.start()
        for loop in loops:
            loop.join()

    def stop(self) -> None:
        self._stopping.set()
        for lane in self.lanes:
            lane.wake_all()

    def watches(self, *, hang_seconds: float, every: float) -> dict[str, Watch]:
        """By name what may hang: a lane, when all its threads do, and the ticks. To be looked at `every` seconds."""
        found = {
            lane.name: Watch(
                lambda lane=lane: lane.rounds,  # type: ignore[misc]
                seconds=hang_seconds * PATIENCE_WITH_A_LANE,
                every=every,
            )
            for lane in self.lanes
        }
        found["tick"] = Watch(
            lambda: self._tick_rounds, seconds=hang_seconds * PATIENCE_WITH_TICKS, every=every
        )
        return found

    def _listen_loop(self) -> None:
        url = db.engine().url.render_as_string(hide_password=False)
        while not self._stopping.is_set():
            try:
                listen(
                    url,
                    outbox.CHANNEL,
                    limits=db.limits(),
                    stopping=self._stopping,
                    ready=self._hint_all,
                    heard=self._hint,
                )
            except Exception as error:
                log.warning("listening stumbled", extra={"error": repr(error)})
                self._stopping.wait(1.0)

    def _hint_all(self) -> None:
        for lane in self.lanes:
            lane.hint()

    def _hint(self, consumers: Iterable[str]) -> None:
        for lane in self.lanes:
            if not set(lane.consumers).isdisjoint(consumers):
                lane.hint()

    def _tick_loop(self) -> None:
        due = {tick.name: time.monotonic() for tick in self.ticks}
        while not self._stopping.is_set():
            self._tick_rounds += 1
            for tick in self.ticks:
                if due[tick.name] <= time.monotonic() and not self._stopping.is_set():
                    due[tick.name] = time.monotonic() + tick.seconds
                    run_tick(tick)
                    self._tick_rounds += 1
            self._stopping.wait(0.25)


# The transaction that holds the lock waits for the work, which has limits of its own.
_TICK_LOCK = text(
    "select pg_try_advisory_xact_lock(hashtext('tick'), hashtext(:name)) as locked,"
    " set_config('idle_in_transaction_session_timeout', '10min', true)"
)


def run_tick(tick: Tick) -> bool:
    """Run `tick` unless another worker is at it; an error is logged, never raised. Returns whether it ran."""
    try:
        with db.engine().connect() as connection, connection.begin():
            if not connection.execute(_TICK_LOCK, {"name": tick.name}).one().locked:
                return False
            tick.function()
            return True
    except Exception:
        log.exception("tick failed", extra={"tick": tick.name})
        return False
