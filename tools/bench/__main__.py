"""Measure it: `make bench`, or `.venv/bin/python -m tools.bench [--quick | --year]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from tools.bench import (
    front,
    holds,
    load,
    machine,
    pdf,
    purchase,
    report,
    sql,
    statements,
    streams,
    year,
)
from tools.bench.http import Browser
from tools.bench.report import Figure, at_least, at_most, show
from tools.bench.server import BenchServer

PAPER_MS = 25
MEMORY_MB = 300


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a second or two each, for a first look")
    parser.add_argument(
        "--year", action="store_true", help="only this: does a year of sales slow anything down"
    )
    asked = parser.parse_args()
    seconds = 1.5 if asked.quick else 5.0
    report.heading(machine.describe())
    if asked.year:
        year.measure()
        return 0
    server = BenchServer()
    try:
        _measure(server, seconds)
    except KeyboardInterrupt:
        return 130
    finally:
        server.close()
    return 0


def _streams(server: BenchServer) -> None:
    server.stop("web")
    server.env["WEB_WORKERS"] = "1"
    server.start_web()
    found = streams.watch(server)
    note = f"{found.told:,} told of a change, p50 {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms"
    show(at_least("live maps at one web process", found.viewers, streams.VIEWERS, "", note=note))


def _measure(server: BenchServer, seconds: float) -> None:
    tickets = holds.Tickets(server)
    _bounds(server, seconds)
    _pages(server, seconds)
    _holds(server, tickets, seconds)
    _hot_sale(server, tickets)
    _statements(server, tickets)
    _purchases(server, tickets, seconds)
    _paper(server)
    _memory(server)
    _front(server, tickets)
    _streams(server)


def _bounds(server: BenchServer, seconds: float) -> None:
    hello = load.run("/healthz", server.port, seconds=seconds)
    show(
        Figure("hello page of the same server", f"{hello.per_second:,.0f}/s", note="the bound of every page")
    )
    raw = sql.raw_claims(server.postgres.url, server.query, seconds=seconds)
    show(Figure("bare SQL claim of two seats", f"{raw:,.0f}/s", note="the bound of every hold; 16 processes"))


def _pages(server: BenchServer, seconds: float) -> None:
    programme = load.run("/", server.port, seconds=seconds)
    show(at_least("programme", programme.per_second, 940, "/s", rival="47/s", note=_times(programme)))
    room = server.query(
        "select s.id, count(*) from events.screenings s join events.seats p on p.auditorium_id = s.auditorium_id"
        " where s.status = 'scheduled' and s.starts_at > now() + interval '1 hour'"
        " group by s.id order by count(*) desc, s.id limit 1"
    )[0]
    seats = load.run(f"/screenings/{room[0]}", server.port, seconds=seconds)
    show(at_least(f"seat map of {room[1]} seats", seats.per_second, 900, "/s", note=_times(seats)))


def _holds(server: BenchServer, tickets: holds.Tickets, seconds: float) -> None:
    for clients in (1, 16, 64):
        found = holds.holds(server, tickets, clients=clients, seconds=seconds)
        refused = {status: number for status, number in found.statuses.items() if status != 303}
        note = _times(found) + (f"; others {refused}" if refused else "")
        name = f"hold of two seats over HTTP, {clients} client{'s' if clients > 1 else ''}"
        if clients == 16:
            show(at_least(name, found.per_second, 600, "/s", rival="20/s", note=note))
        else:
            show(Figure(name, f"{found.per_second:,.0f}/s", note=note))


def _hot_sale(server: BenchServer, tickets: holds.Tickets) -> None:
    sale = holds.hot_sale(server, tickets)
    note = f"{sale.held} of {sale.seats} seats in {sale.tries} tries, sold twice: {sale.sold_twice}"
    show(
        at_most(
            "hot sale, two a try, 64 clients", sale.seconds, 1, " s", rival="14-28 s", note=note, digits=2
        )
    )
    show(at_most("seats sold twice", sale.sold_twice, 0, ""))


def _statements(server: BenchServer, tickets: holds.Tickets) -> None:
    found = statements.count(server, tickets)
    note = f"web {found.web:.1f}, worker {found.worker:.1f}"
    show(at_most("SQL statements a purchase", found.web + found.worker, 40, "", rival="504", note=note))


def _purchases(server: BenchServer, tickets: holds.Tickets, seconds: float) -> None:
    found = purchase.purchases(server, tickets, seconds=seconds * 2)
    waiting = server.query("select count(*) from core.outbox where kind in ('OrderPaid', 'TicketsReady')")[0][
        0
    ]
    note = f"{_times(found)}; {waiting} PDFs and mails behind"
    show(at_least("purchases with a snack, 16 clients", found.per_second, 30, "/s", rival="1.6/s", note=note))
    show(at_most("requests a purchase", found.requests, 12, "", rival="16", digits=1))


def _paper(server: BenchServer) -> None:
    began, waited = time.monotonic(), 0
    while waited < 120 and server.query("select 1 from core.outbox where kind = 'OrderPaid' limit 1"):
        time.sleep(1)
        waited += 1
    show(Figure("PDF backlog gone after", f"{time.monotonic() - began:,.0f} s"))
    found = pdf.cpu_ms(server)
    if found is not None:
        show(at_most("processor time of a ticket's PDF", found, PAPER_MS, " ms", rival="48 ms", digits=1))


def _memory(server: BenchServer) -> None:
    web, worker = (machine.memory_mb(machine.family(server.children[name].pid)) for name in ("web", "worker"))
    note = f"web {web:.0f}, worker {worker:.0f}, after all of the above"
    show(
        at_most("memory of web and worker (PSS)", web + worker, MEMORY_MB, " MB", rival="1,350 MB", note=note)
    )


def _front(server: BenchServer, tickets: holds.Tickets) -> None:
    screening_id, seats = tickets.next()
    paths = {"programme": "/", "film": _film(server), "seat map": f"/screenings/{screening_id}"}
    size = max(asyncio.run(_sizes(server, list(paths.values()))))
    show(at_most("scripts and styles, compressed", size / 1024, 45, " KB", rival="256 KB", digits=1))
    cookie, paths["checkout"] = asyncio.run(purchase.to_checkout(server.port, screening_id, seats))
    for name, path in paths.items():
        scores = front.lighthouse(
            f"http://127.0.0.1:{server.port}{path}", cookie if name == "checkout" else ""
        )
        if scores is None:
            show(Figure(f"Lighthouse, {name}", "-", note="no Lighthouse or no Chromium here"))
            continue
        if name in ("seat map", "checkout"):
            scores.pop("seo", None)  # not for search engines
        value = " ".join(str(score) for score in scores.values())
        show(
            Figure(
                f"Lighthouse, {name}", value, "all 100", min(scores.values()) == 100, note=", ".join(scores)
            )
        )


async def _sizes(server: BenchServer, paths: list[str]) -> list[int]:
    browser = Browser(server.port)
    return [await front.compressed_bytes(browser, path) for path in paths]


def _film(server: BenchServer) -> str:
    slug = server.query("select slug from events.films order by position limit 1")[0][0]
    return f"/films/{slug}"


def _times(found: load.Load | holds.Holds | purchase.Purchases) -> str:
    return f"p50 {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
