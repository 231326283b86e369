"""The command `python -m infra.capacity.failover`: kill the database during holds, and count what is lost.

Each form of recovery is tried on this machine with the real application: a standby with synchronous or asynchronous
replication takes over, or the one server starts again. Seats are held over HTTP all the time. The address of the
database is a folder with a link to the socket of the server in charge; a takeover changes the link, as RDS changes a
name in DNS. How long RDS needs to notice that its primary is gone is not measured here.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

import psycopg2

from app.adapters import postgres
from app.adapters.postgres import DATABASE, PostgresServer
from app.adapters.postgres_place import find_place
from tools.bench import holds
from tools.bench.http import Broken
from tools.bench.machine import family
from tools.bench.server import BenchServer

CLIENTS = 16
BEFORE_SECONDS, AFTER_SECONDS = (
    3.0,
    4.0,
)  # of holds: before the kill, and after the first hold that follows it
LIMIT_SECONDS = 120.0
SOCKET = ".s.PGSQL.5432"
Held = tuple[int, tuple[int, ...]]  # screening, seats


@dataclass
class Sale:
    """What the customers saw. Times are of `time.monotonic`."""

    killed_at: float = 0.0
    held: list[tuple[float, float, Held]] = field(default_factory=list)  # asked at, acknowledged at
    errors: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0  # seconds until an answer

    def first_after(self) -> float | None:
        """Seconds from the kill until the first hold that began after it was acknowledged."""
        after = [done - self.killed_at for asked, done, _ in self.held if asked > self.killed_at]
        return min(after, default=None) if self.killed_at else None


class Site:
    """The application, whose database is reached by a link that can be changed."""

    def __init__(self) -> None:
        self.server = BenchServer()
        self.folder = self.server.var / "current"
        self.folder.mkdir()
        self.database = self.server.postgres
        self._point_at(self.database)
        self.server.env["DATABASE_URL"] = (
            f"postgresql://postgres@/{DATABASE}?host={quote(str(self.folder), safe='/')}"
        )
        for name, start in (("web", self.server.start_web), ("worker", self.server.start_worker)):
            self.server.stop(name)
            start()
        self.standby: PostgresServer | None = None

    def add_standby(self, *, synchronous: bool) -> None:
        """Copy the server, start the copy as its standby, and wait until it follows."""
        data = self.server.var / "standby"
        place = find_place(data)
        program = str(place.binaries / "pg_basebackup")
        source = ("-h", str(self.database.place.socket_dir), "-U", "postgres")
        done = place.run([program, "-D", str(place.cluster), *source, "-R", "-X", "stream", "-c", "fast"])
        if done.returncode:
            raise RuntimeError(done.stderr)
        self.standby = postgres.start(data)
        if synchronous:
            _run(self.database, "alter system set synchronous_standby_names = '*'")
            _run(self.database, "select pg_reload_conf()")
        wanted = "sync" if synchronous else "async"
        while _run(self.database, "select sync_state from pg_stat_replication") != [(wanted,)]:
            time.sleep(0.1)

    def take_over(self) -> None:
        """Kill the server in charge; its standby takes over."""
        assert self.standby is not None
        _kill(self.database)
        if _run(self.standby, "select pg_is_in_recovery()") == [(True,)]:
            _run(self.standby, "alter system set synchronous_standby_names = ''")
            _run(self.standby, "select pg_promote()")
        self.database = self.server.postgres = self.standby
        self._point_at(self.database)

    def start_again(self) -> None:
        """Kill the server in charge, and start it on the same data."""
        _kill(self.database)
        self.database = self.server.postgres = postgres.start(self.server.var / "postgres")

    def close(self) -> None:
        self.server.close()

    def _point_at(self, database: PostgresServer) -> None:
        unfinished = self.folder / "next"
        unfinished.symlink_to(database.place.socket_dir / SOCKET)
        unfinished.replace(self.folder / SOCKET)


def _run(database: PostgresServer, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(database.url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _kill(database: PostgresServer) -> None:
    """Kill the server with all its processes at the same moment, as a machine without power."""
    for pid in family(database.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def _sell(site: Site, tickets: holds.Tickets, fail: Callable[[], None]) -> Sale:
    sale = Sale()
    customers = [await holds.arrive(site.server.port, tickets.hot_sale[0]) for _ in range(CLIENTS)]
    end = time.monotonic() + LIMIT_SECONDS

    async def buy(customer: int) -> None:
        browser, fields = customers[customer]
        while time.monotonic() < end:
            wanted, began = tickets.next(), time.monotonic()
            try:
                status = (await holds.hold(browser, fields, *wanted)).status
            except (Broken, OSError):
                sale.errors["no answer"] += 1
                await asyncio.sleep(0.1)
                continue
            sale.slowest = max(sale.slowest, time.monotonic() - began)
            if status == 303:
                sale.held.append((began, time.monotonic(), wanted))
            else:
                sale.errors[str(status)] += 1
                await asyncio.sleep(0.1)

    async def break_it() -> None:
        nonlocal end
        await asyncio.sleep(BEFORE_SECONDS)
        sale.killed_at = time.monotonic()
        await asyncio.to_thread(fail)
        while sale.first_after() is None and time.monotonic() < end:
            await asyncio.sleep(0.05)
        end = min(end, time.monotonic() + AFTER_SECONDS)

    await asyncio.gather(break_it(), *(buy(number) for number in range(CLIENTS)))
    for browser, _ in customers:
        browser.close()
    return sale


def lost(database: PostgresServer, sale: Sale) -> int:
    """Acknowledged holds of which the database does not know every seat."""
    known = set(
        _run(
            database,
            "select r.screening_id, s.seat_id from reservations.reservations r"
            " join reservations.reservation_seats s on s.reservation_id = r.id",
        )
    )
    return sum(any((screening, seat) not in known for seat in seats) for *_, (screening, seats) in sale.held)


def _measure(name: str, *, standby: bool, synchronous: bool = False) -> None:
    site = Site()
    try:
        tickets = holds.Tickets(site.server)
        if standby:
            site.add_standby(synchronous=synchronous)
        sale = asyncio.run(_sell(site, tickets, site.take_over if standby else site.start_again))
        first = sale.first_after()
        cells = (
            name, f"{len(sale.held):,}", f"{lost(site.database, sale)}", "none" if first is None else f"{first:.1f} s",
            ", ".join(f"{number} × {error}" for error, number in sorted(sale.errors.items())) or "none",
            f"{sale.slowest:.1f} s",
        )  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)
    finally:
        site.close()


def main() -> int:
    print("| recovery | holds acknowledged | of them lost | first hold after | other answers | slowest |")
    print("|---|---|---|---|---|---|", flush=True)
    _measure("the one server starts again", standby=False)
    _measure("asynchronous standby takes over", standby=True)
    _measure("synchronous standby takes over", standby=True, synchronous=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
