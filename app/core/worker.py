"""The worker: threads that lease and handle the deliveries of this process's services, and run their ticks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import text

from app.core import db, metrics, telemetry
from app.core.deliveries import Delivery, DeliverySource
from app.core.handling import Routes, handle, still_leased
from app.core.lease_keeper import LeaseKeeper
from app.core.liveness import Watchdog
from app.core.queue_ports import open_source

log = logging.getLogger("bilheteria.worker")

THREADS = 4
# Threads may work longer than a process may go without a heartbeat, by these factors: a handler waits for a mail server
# or a bank, and a tick for several of them or for a year of rows.
HANG_FACTOR_OF_GROUPS, HANG_FACTOR_OF_TICKS = 10, 30
BATCH = 4
LEASE_SECONDS = 30.0
WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class Tick:
    """Periodic work: `function` runs every `seconds`, on one worker at a time; it opens its own transactions."""

    name: str
    seconds: float
    function: Callable[[], object]


def drain(routes: Routes, *, limit: int = 10_000) -> int:
    """Handle all deliveries that are due now, in this thread; for tests. Returns how many."""
    source = open_source()
    consumers = sorted({consumer for consumer, _ in routes})
    handled = 0
    while handled < limit:
        batch = source.lease(consumers, most=10, seconds=LEASE_SECONDS)
        if not batch:
            break
        for delivery in batch:
            if still_leased(delivery, source, seconds=LEASE_SECONDS):
                handle(delivery, source, routes)
        handled += len(batch)
    return handled


class ConsumerGroup:
    """The threads that lease and handle the deliveries of some consumers, independent of the other groups' threads."""

    def __init__(
        self,
        consumers: Sequence[str],
        routes: Routes,
        source: DeliverySource,
        stopping: threading.Event,
        *,
        threads: int,
        lease_seconds: float,
        keeper: LeaseKeeper,
    ) -> None:
        self.consumers = sorted(consumers)
        self.threads = threads
        self.name = self.consumers[0] if len(self.consumers) == 1 else "lease"
        self.rounds = 0  # of all its threads together: it stops growing when all of them hang
        self._routes = routes
        self._source = source
        self._stopping = stopping
        self._lease_seconds = lease_seconds
        self._keeper = keeper

    def make_threads(self) -> list[threading.Thread]:
        return [threading.Thread(target=self._loop, name=f"{self.name}-{n}") for n in range(self.threads)]

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self.rounds += 1
            try:
                batch = self._source.lease(
                    self.consumers, most=BATCH, seconds=self._lease_seconds, wait=WAIT_SECONDS
                )
                with self._keeper.holding(batch):
                    for delivery in batch:
                        self._handle(delivery)
            except Exception:
                log.exception("leasing or recording an outcome failed; the database may be unreachable")
                self._stopping.wait(1.0)

    def _handle(self, delivery: Delivery) -> None:
        self.rounds += 1
        if self._stopping.is_set():
            self._source.release(delivery)
        elif still_leased(delivery, self._source, seconds=self._lease_seconds):
            handle(delivery, self._source, self._routes)
        self._keeper.drop(delivery)


class Worker:
    """Groups of threads that lease and handle, and one thread for the ticks. `stop()` ends them after their delivery.

    Deliveries that were leased and not begun are given back at once.

    One group of `threads` threads serves all consumers together, except those in `own_threads`: each of these has a
    group of its own with that number of threads.
    """

    def __init__(
        self,
        source: DeliverySource,
        routes: Routes,
        ticks: Sequence[Tick],
        *,
        threads: int = THREADS,
        own_threads: Mapping[str, int] = MappingProxyType({}),
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.source = source
        self.ticks = ticks
        self._tick_rounds = 0
        self._stopping = threading.Event()
        consumers = {consumer for consumer, _ in routes}
        together = sorted(consumers.difference(own_threads))
        parted = [([one], count) for one, count in sorted(own_threads.items()) if one in consumers]
        self._keeper = LeaseKeeper(source, seconds=lease_seconds)
        self.groups = [
            ConsumerGroup(
                members,
                routes,
                source,
                self._stopping,
                threads=count,
                lease_seconds=lease_seconds,
                keeper=self._keeper,
            )
            for members, count in ([(together, threads)] if together else []) + parted
        ]

    def run(self) -> None:
        """Work until `stop()`."""
        ending = threading.Event()
        keeper = threading.Thread(target=self._keeper.run, args=(ending,), name="lease-keeper")
        keeper.start()
        with self.source.listening():
            threads = [thread for group in self.groups for thread in group.make_threads()]
            threads.append(threading.Thread(target=self._tick_loop, name="tick"))
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        ending.set()
        keeper.join()

    def stop(self) -> None:
        self._stopping.set()
        self.source.stop()

    def give_back(self) -> list[str]:
        """Give back what is still in work, so that another worker can begin it at once; returns the kinds of messages.

        Only for a process that ends at once: a handler that goes on may act at the same time as the other worker.
        """
        held = self._keeper.held()
        for delivery in held:
            self.source.release(delivery)
        return [delivery.kind for delivery in held]

    def watchdogs(self, *, hang_seconds: float, every: float) -> dict[str, Watchdog]:
        """A watchdog for each group, by name, and one for the ticks. A group is stalled when all its threads hang."""
        found = {
            group.name: Watchdog(
                lambda group=group: group.rounds,  # type: ignore[misc]
                seconds=hang_seconds * HANG_FACTOR_OF_GROUPS,
                every=every,
            )
            for group in self.groups
        }
        found["tick"] = Watchdog(
            lambda: self._tick_rounds, seconds=hang_seconds * HANG_FACTOR_OF_TICKS, every=every
        )
        return found

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


# This transaction is idle while the tick works; the tick's own transactions have their own limits.
_TICK_LOCK = text(
    "select pg_try_advisory_xact_lock(hashtext('tick'), hashtext(:name)) as locked,"
    " set_config('idle_in_transaction_session_timeout', '10min', true)"
)


def run_tick(tick: Tick) -> bool:
    """Run `tick` unless another worker runs it now; an error is logged, never raised. Returns whether it ran."""
    try:
        with db.engine().connect() as connection, connection.begin():
            if not connection.execute(_TICK_LOCK, {"name": tick.name}).one().locked:
                return False
            tick.function()
        telemetry.record(metrics.TICKS, labels={"tick": tick.name, "outcome": "done"})
        return True
    except Exception:
        telemetry.record(metrics.TICKS, labels={"tick": tick.name, "outcome": "failed"})
        log.exception("tick failed", extra={"tick": tick.name})
        return False
