"""Measures messages on both queues: until the effect, the rate of a worker, and the delay of PDFs.

The queue in the database is that of the one process, SQS that of the seven services (at the stand-in, beside S3).
"""

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
from tools.bench.shapes import OneProcess, SevenServices, Shape, missing

MESSAGES = 2_000
SINGLE = 60  # messages that are sent one at a time
PURCHASES = 30  # one a second
# The aim is 1 s; a machine with other work is slower, and so is the stand-in for AWS, which is one more process.
PDF_SECONDS = 3.0
LIMIT_SECONDS = 120.0
# A message that needs a few reads: nobody waits for a seat of the screening. An urgent one wakes a worker or a relay.
_PUBLISH = """
    with published as (
        insert into core.outbox (message_id, consumer, kind, payload)
        select gen_random_uuid(), 'reservations', 'SeatsFreed', jsonb_build_object('screening_id', %s::int)
        from generate_series(1, %s) returning message_id, consumer, created_at
    )
    select message_id::text, extract(epoch from created_at)::float8,
      case when %s then pg_notify('outbox', consumer)::text end
    from published
"""
_DONE = """
    select count(*), max(extract(epoch from done_at))::float8 from core.processed
    where consumer = 'reservations' and message_id = any(%s::uuid[])
"""
_PDF = """
    select extract(epoch from d.made_at - r.received_at)::float8
    from payments.receipts r left join tickets.documents d using (order_id) order by r.received_at desc limit %s
"""


def measure() -> None:
    """Measure a worker without other load, on each queue."""
    _measure(OneProcess, "queue in the database")
    if lacking := missing():
        show(Figure("messages by SQS", "-", note=lacking))
    else:
        _measure(SevenServices, "SQS")


def _measure(start: Callable[[], Shape], queue: str) -> None:
    shape = start()
    try:
        tickets = Tickets(shape)
        _show_delays(shape, tickets.hot_sale[0], queue)
        _show_rate(shape, tickets.hot_sale[0], queue)
        _show_pdfs(shape, tickets, queue)
    finally:
        shape.close()


def _show_delays(shape: Shape, screening_id: int, queue: str) -> None:
    for urgent, how in ((True, "urgent: NOTIFY wakes"), (False, "not urgent: found by polling")):
        delays = [_delay(shape, screening_id, urgent) for _ in range(SINGLE)]
        p50, p95 = percentiles(delays)
        note = f"p50; p95 {p95:.0f} ms; {how}"
        show(Figure(f"outbox to effect, {queue}", f"{p50:.0f} ms", note=note))


def _show_rate(shape: Shape, screening_id: int, queue: str) -> None:
    seconds = _handle(shape, screening_id, MESSAGES, urgent=True)
    note = "each reads and marks itself done"
    show(Figure(f"messages a worker handles, {queue}", f"{MESSAGES / seconds:,.0f}/s", note=note))


def _show_pdfs(shape: Shape, tickets: Tickets, queue: str) -> None:
    asyncio.run(_buy_slowly(shape, tickets))
    _wait(lambda: all(row[0] is not None for row in shape.query(_PDF, PURCHASES)))
    p50, p95 = percentiles([float(row[0]) for row in shape.query(_PDF, PURCHASES)])
    hello = load.run("/healthz", shape.port, seconds=1.0)
    note = (
        f"p95 of {PURCHASES} purchases, one a second, aim 1 s; p50 {p50 / 1000:.2f} s;"
        f" hello {hello.per_second:,.0f}/s in this run"
    )
    title = f"payment confirmed to PDF stored, {queue}"
    show(at_most(title, p95 / 1000, PDF_SECONDS, " s", note=note, digits=2))


def _delay(shape: Shape, screening_id: int, urgent: bool) -> float:
    time.sleep(0.05)  # the worker waits again
    return _handle(shape, screening_id, 1, urgent=urgent)


def _handle(shape: Shape, screening_id: int, number: int, *, urgent: bool) -> float:
    """Seconds from the insert of messages until the last effect, by the database's clock."""
    published = shape.query(_PUBLISH, screening_id, number, urgent)
    ids = [row[0] for row in published]
    _wait(lambda: shape.query(_DONE, ids)[0][0] == number, pause=0.005 if number == 1 else 0.1)
    return float(shape.query(_DONE, ids)[0][1]) - min(float(row[1]) for row in published)


def _wait(done: Callable[[], bool], pause: float = 0.1) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError("the messages were not handled in time")
        time.sleep(pause)


async def _buy_slowly(shape: Shape, tickets: Tickets) -> None:
    async def one() -> None:
        browser = Browser(shape.port)
        await buy(browser, *tickets.next())
        browser.close()

    begun = []
    for _ in range(PURCHASES):
        begun.append(asyncio.create_task(one()))
        await asyncio.sleep(1.0)
    await asyncio.gather(*begun)
