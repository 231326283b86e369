"""Measures holds of seats over HTTP: as many per second as possible, and a hot sale of one auditorium."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tools.bench.http import Answer, Browser, form
from tools.bench.load import percentiles
from tools.bench.server import BenchServer, Database

LIVE_SECONDS = 0.1  # the greatest age of a live map
# The free seats of each screening; screenings with the most free seats come first.
SEATS = """
    select s.id, array_agg(array[p.id, p.row_index, p.column] order by p.row_index, p.column)
    from events.screenings s join events.seats p on p.auditorium_id = s.auditorium_id
    where s.status = 'scheduled' and s.starts_at > now() + interval '1 hour' and p.kind = 'standard'
      and not exists (select 1 from reservations.seat_claims c where c.screening_id = s.id and c.seat_id = p.id)
    group by s.id order by count(*) desc, s.starts_at, s.id
"""
# The screening of the hot sale, without sales, in the largest auditorium.
HOT = """
    with room as (select auditorium_id from events.seats group by 1 order by count(*) desc, 1 limit 1),
    model as (select s.* from events.screenings s join room using (auditorium_id) order by s.id limit 1),
    made as (
        insert into events.screenings (film_id, auditorium_id, starts_at, ends_at, version, format)
        select film_id, auditorium_id, now() + interval '30 days', now() + interval '30 days 2 hours', version, format
        from model returning id, auditorium_id
    ),
    priced as (
        insert into events.screening_prices (screening_id, zone_id, price)
        select made.id, p.zone_id, p.price from made, model join events.screening_prices p on p.screening_id = model.id
    )
    select made.id, array_agg(p.id) from made join events.seats p using (auditorium_id) group by made.id
"""


@dataclass(frozen=True)
class Holds:
    held: int
    per_second: float
    p50_ms: float
    p95_ms: float
    statuses: dict[int, int]


@dataclass(frozen=True)
class HotSale:
    seconds: float
    tries: int
    held: int
    seats: int
    sold_twice: int


class Tickets:
    """Pairs of free neighbouring seats that leave no single seat; each pair is returned once.

    Seats of the screening of the hot sale are not used.
    """

    def __init__(self, server: Database) -> None:
        self.hot_sale: tuple[int, list[int]] = server.query(HOT)[0]
        self._pairs = self._all(server)

    def _all(self, server: Database) -> Iterator[tuple[int, tuple[int, int]]]:
        rooms = {room: list(pairs(seats)) for room, seats in server.query(SEATS) if room != self.hot_sale[0]}
        for turn in itertools.zip_longest(*rooms.values()):  # spread over the screenings like real sales
            yield from ((room, pair) for room, pair in zip(rooms, turn, strict=True) if pair is not None)

    def next(self) -> tuple[int, tuple[int, int]]:
        return next(self._pairs)

    def of_one_screening(self, number: int) -> list[tuple[int, tuple[int, int]]]:
        """Pairs of one screening, so that the caches contain its data."""
        screening_id, pair = self.next()
        pairs = [(screening_id, pair)]
        others: list[tuple[int, tuple[int, int]]] = []
        while len(pairs) < number:
            found = self.next()
            (pairs if found[0] == screening_id else others).append(found)
        self._pairs = itertools.chain(others, self._pairs)
        return pairs

    def release_all(self, server: Database) -> None:
        """Release all holds, so that the next measurement starts from the same state."""
        server.query(
            "with ended as (update reservations.reservations set state = 'expired' where state = 'held' returning id)"
            " delete from reservations.seat_claims c using ended where c.reservation_id = ended.id"
        )
        server.query("update orders.orders set state = 'expired' where state = 'draft'")
        self._pairs = self._all(server)


def pairs(seats: list[list[int]]) -> Iterator[tuple[int, int]]:
    """Pairs from both ends of each run of free seats to its middle."""
    run: list[int] = []
    before: list[int] = []
    for seat in [*seats, [0, -1, 0]]:
        if before and seat[1:] != [before[1], before[2] + 1]:
            while len(run) == 2 or len(run) > 3:
                yield run[0], run[1]
                run = run[:1:-1]
            run = []
        run.append(seat[0])
        before = seat


async def arrive(port: int, screening_id: int) -> tuple[Browser, list[tuple[str, str]]]:
    """Open a seat map as a new customer; returns the browser and the form without seats."""
    browser = Browser(port)
    page = await browser.get(f"/screenings/{screening_id}")
    fields = form(page.text, f"/screenings/{screening_id}/orders")
    return browser, [pair for pair in fields if pair[0] not in ("seat", "quantity", "once")]


async def hold(
    browser: Browser, fields: list[tuple[str, str]], screening_id: int, seats: tuple[int, ...]
) -> Answer:
    """Send the form of the map; returns the answer, whose status is 303 for a hold."""
    return await browser.post(
        f"/screenings/{screening_id}/orders",
        [*fields, ("once", secrets.token_urlsafe(12)), *(("seat", str(seat)) for seat in seats)],
        follow=False,
    )


def holds(server: BenchServer, tickets: Tickets, *, clients: int, seconds: float = 4.0) -> Holds:
    """Measure holds of two seats, each of other seats and with its own order."""
    return asyncio.run(_holds(server, tickets, clients, seconds))


async def _holds(server: BenchServer, tickets: Tickets, clients: int, seconds: float) -> Holds:
    first, _ = tickets.next()
    customers = [await arrive(server.port, first) for _ in range(clients)]
    times: list[float] = []
    statuses: Counter[int] = Counter()
    end = time.perf_counter() + seconds

    async def buy(browser: Browser, fields: list[tuple[str, str]]) -> None:
        while (began := time.perf_counter()) < end:
            screening_id, seats = tickets.next()
            statuses[(await hold(browser, fields, screening_id, seats)).status] += 1
            times.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(buy(*customer) for customer in customers))
    took = time.perf_counter() - began
    for browser, _fields in customers:
        browser.close()
    tickets.release_all(server)
    return Holds(statuses[303], statuses[303] / took, *percentiles(times), dict(statuses))


def hot_sale(server: BenchServer, tickets: Tickets, *, clients: int = 64) -> HotSale:
    """All customers try two random seats of one auditorium until every seat is held; then the seats are released."""
    screening_id, seats = tickets.hot_sale
    result = asyncio.run(_hot_sale(server, screening_id, list(seats), clients))
    rows = server.query(
        "select count(*), count(*) - count(distinct seat_id) from reservations.reservation_seats rs"
        " join reservations.reservations r on r.id = rs.reservation_id"
        " where r.screening_id = %s and r.state in ('held', 'confirmed')",
        screening_id,
    )
    tickets.release_all(server)
    return HotSale(result[0], result[1], int(rows[0][0]), len(seats), int(rows[0][1]))


async def _hot_sale(
    server: BenchServer, screening_id: int, seats: list[int], clients: int
) -> tuple[float, int]:
    customers = [await arrive(server.port, screening_id) for _ in range(clients)]
    free = set(seats)
    tries = itertools.count()

    async def poll() -> None:
        """Poll the live map, for all customers."""
        browser = Browser(server.port)
        while free:
            answer = await browser.get(f"/screenings/{screening_id}/seats.json")
            if answer.status == 200:  # a busy server answers 503, and is polled again
                free.difference_update(map(int, json.loads(answer.body)["taken"]))
            await asyncio.sleep(LIVE_SECONDS)
        browser.close()

    async def buy(browser: Browser, fields: list[tuple[str, str]]) -> None:
        keeping = [*fields, ("keep", "1")]  # a hot sale accepts single seats left over
        while free:
            wanted = tuple(random.sample(sorted(free), min(2, len(free))))
            next(tries)
            if (await hold(browser, keeping, screening_id, wanted)).status == 303:
                free.difference_update(wanted)

    began = time.perf_counter()
    await asyncio.gather(poll(), *(buy(*customer) for customer in customers))
    took = time.perf_counter() - began
    for browser, _fields in customers:
        browser.close()
    return took, next(tries)
