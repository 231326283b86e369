"""Measures messages on the queue in the database: until the effect, the rate of a worker, and the delay of PDFs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tools.bench import load
from tools.bench.holds import Tickets
from tools.bench.http import Browser
from tools.bench.load import percentiles
from tools.bench.purchase import buy
from tools.bench.report import Figure, at_most, show
from tools.bench.server import BenchServer

MESSAGES = 2_000
SINGLE = 60  # messages that are sent one at a time
PURCHASES = 30  # one a second
PDF_SECONDS = 3.0  # the aim is 1 s; a machine with other work is slower
LIMIT_SECONDS = 60.0
# A message that needs a few reads: nobody waits for a seat of the screening.
_PUBLISH = """
    insert into core.outbox (message_id, consumer, kind, payload)
    select gen_random_uuid(), 'reservations', 'SeatsFreed', jsonb_build_object('screening_id', %s::int)
    from generate_series(1, %s) returning message_id::text, extract(epoch from created_at)::float8
"""
_LEFT = "select count(*) from core.outbox where kind = 'SeatsFreed' and dead_at is null"
_DONE = "select extract(epoch from done_at)::float8 from core.processed where message_id = %s::uuid"
_PDF = """
    select extract(epoch from d.made_at - r.received_at)::float8
    from payments.receipts r left join tickets.documents d using (order_id) order by r.received_at desc limit %s
"""


def measure(server: BenchServer, tickets: Tickets) -> None:
    """Measure a worker without other load, in the one-process shape."""
    screening_id = tickets.hot_sale[0]
    p50, p95 = percentiles([_delay(server, screening_id) for _ in range(SINGLE)])
    note = f"p50; p95 {p95:.0f} ms; not urgent, so that it is found by polling"
    show(Figure("outbox to effect, queue in the database", f"{p50:.0f} ms", note=note))
    began = time.monotonic()
    server.query(_PUBLISH, screening_id, MESSAGES)
    _wait(lambda: server.query(_LEFT) == [(0,)])
    rate = MESSAGES / (time.monotonic() - began)
    show(Figure("messages a worker handles", f"{rate:,.0f}/s", note="each reads and marks itself done"))
    asyncio.run(_buy_slowly(server, tickets))
    _wait(lambda: all(row[0] is not None for row in server.query(_PDF, PURCHASES)))
    _, p95 = percentiles([float(row[0]) for row in server.query(_PDF, PURCHASES)])
    hello = load.run("/healthz", server.port, seconds=1.0)
    note = f"p95 of {PURCHASES} purchases, one a second; aim 1 s; hello {hello.per_second:,.0f}/s in this run"
    show(at_most("payment confirmed to PDF stored", p95 / 1000, PDF_SECONDS, " s", note=note, digits=2))


def _delay(server: BenchServer, screening_id: int) -> float:
    """Seconds from the insert of a message until its effect, by the database's clock."""
    message_id, created = server.query(_PUBLISH, screening_id, 1)[0]
    _wait(lambda: bool(server.query(_DONE, message_id)))
    return float(server.query(_DONE, message_id)[0][0]) - float(created)


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError("the messages were not handled in time")
        time.sleep(0.005)


async def _buy_slowly(server: BenchServer, tickets: Tickets) -> None:
    async def one() -> None:
        browser = Browser(server.port)
        await buy(browser, *tickets.next())
        browser.close()

    begun = []
    for _ in range(PURCHASES):
        begun.append(asyncio.create_task(one()))
        await asyncio.sleep(1.0)
    await asyncio.gather(*begun)
