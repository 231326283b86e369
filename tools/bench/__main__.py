"""The command `make bench`, or `.venv/bin/python -m tools.bench [--quick]`; `--help` lists the parts that run alone."""

from __future__ import annotations

import argparse
import asyncio
import sys
from functools import partial
from pathlib import Path

from tools.bench import (
    comparison,
    costs,
    decoding,
    door,
    front,
    holds,
    kiosk,
    machine,
    messages,
    offline_door,
    purchase,
    rates,
    report,
    services,
    statements,
    streams,
    tracing,
    year,
)
from tools.bench.http import Browser
from tools.bench.report import Figure, at_least, at_most, show
from tools.bench.server import BenchServer

MEMORY_MB = 400
LIGHTHOUSE_TRIES = 3  # a busy moment lowers its score; nothing raises it


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="turns of half a second, for a first look")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--year", action="store_true", help="only whether a year of sales slows anything down")
    only.add_argument("--traces", action="store_true", help="only what traces and metrics cost")
    only.add_argument("--messages", action="store_true", help="only how soon messages and PDFs are handled")
    only.add_argument(
        "--services", action="store_true", help="only the seven services beside the one process, by REST"
    )
    only.add_argument(
        "--against",
        type=Path,
        metavar="CHECKOUT",
        help="only the purchase, in turns with that of another checkout",
    )
    asked = parser.parse_args()
    seconds = 0.5 if asked.quick else 1.5
    report.print_header(machine.describe())
    try:
        if asked.year:
            year.measure()
        elif asked.traces:
            tracing.measure(seconds)
        elif asked.messages:
            messages.measure()
        elif asked.services:
            services.measure(seconds)
        elif asked.against is not None:
            comparison.measure(asked.against.resolve())
        else:
            decoding.measure()
            _all(seconds)
    except KeyboardInterrupt:
        return 130
    return report.status()


def _all(seconds: float) -> None:
    server = BenchServer()
    try:
        tickets = holds.Tickets(server)
        rates.measure(server, tickets, seconds)
        _statements(server, tickets)
        costs.measure(server, tickets, seconds)
        kiosk.measure(server, partial(rates.page, server, "/healthz", seconds))
        _memory(server)
        _front(server, tickets)
        offline_door.measure(
            server, door.prepare(server)
        )  # it fills the programme: nothing else is measured with it
        _streams(server)
    finally:
        server.close()


def _statements(server: BenchServer, tickets: holds.Tickets) -> None:
    found = statements.count(server, tickets)
    note = f"web {found.web:.1f}, worker {found.worker:.1f}"
    show(at_most("SQL statements a purchase", found.web + found.worker, 48, "", rival="504", note=note))
    for name, scripts, most in (("", True, 7), (", without scripts", False, 11)):
        requests = asyncio.run(purchase.count_requests(server, tickets, scripts=scripts))
        show(at_most(f"requests a purchase{name}", requests, most, "", rival="16", digits=1))


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
        address = f"http://127.0.0.1:{server.port}{path}"
        scores = _scores(address, cookie if name == "checkout" else "", search=name in ("programme", "film"))
        if scores is None:
            show(Figure(f"Lighthouse, {name}", "-", note="no Lighthouse or no Chromium here"))
            continue
        value = " ".join(str(score) for score in scores.values())
        kept = min(scores.values()) == 100
        show(Figure(f"Lighthouse, {name}", value, "all 100", kept, note=", ".join(scores)))


def _scores(address: str, cookie: str, *, search: bool) -> dict[str, int] | None:
    """The best score of each category in a few tries; `search`: whether search engines index the page."""
    best: dict[str, int] = {}
    for _ in range(LIGHTHOUSE_TRIES):
        scores = front.lighthouse(address, cookie)
        if scores is None:
            return None
        if not search:
            scores.pop("seo", None)
        best = {name: max(score, best.get(name, 0)) for name, score in scores.items()}
        if min(best.values()) == 100:
            break
    return best


async def _sizes(server: BenchServer, paths: list[str]) -> list[int]:
    browser = Browser(server.port)
    return [await front.compressed_bytes(browser, path) for path in paths]


def _film(server: BenchServer) -> str:
    slug = server.query("select slug from events.films order by position limit 1")[0][0]
    return f"/films/{slug}"


def _streams(server: BenchServer) -> None:
    server.stop("web")
    server.env["WEB_WORKERS"] = "1"
    server.start_web()
    found = streams.watch(server)
    note = f"{found.notified:,} got the change, p50 {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms"
    show(at_least("live maps at one web process", found.viewers, streams.VIEWERS, "", note=note))


if __name__ == "__main__":
    sys.exit(main())
