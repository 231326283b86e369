"""The cost of traces and metrics: holds and purchases with a collector, as multiples of those without one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools.bench import holds
from tools.bench.costs import NAMES, cost_of_purchases
from tools.bench.processor import Spent, spent
from tools.bench.report import Figure, at_most, show
from tools.bench.server import BenchServer
from tools.bench.turns import Sample, in_turns, ratio

LIMIT = 1.03  # at the default sampling
CLIENTS, ROUNDS = 16, 5


def measure(seconds: float, percent: int | None = None) -> None:
    """Measure on two servers in turns; `percent` of the traces are sampled, by default the setting's share."""
    asked = {} if percent is None else {"BILHETERIA_TRACES_PERCENT": str(percent)}
    with _collector() as address:
        servers = [BenchServer(), BenchServer(env={"OTEL_EXPORTER_OTLP_ENDPOINT": address} | asked)]
        try:
            without, with_traces = ((server, holds.Tickets(server)) for server in servers)
            _holds(without, with_traces, seconds)
            _purchases(without, with_traces)
        finally:
            for server in servers:
                server.close()


def _holds(
    without: tuple[BenchServer, holds.Tickets], with_traces: tuple[BenchServer, holds.Tickets], seconds: float
) -> None:
    def hold(server: BenchServer, tickets: holds.Tickets) -> Sample:
        before = spent(server)
        found = holds.holds(server, tickets, clients=CLIENTS, seconds=seconds)
        return Sample(found.per_second, (spent(server) - before).web / found.held)

    for one in (without, with_traces):  # the first requests load what is loaded late
        hold(*one)
    found = in_turns({"off": lambda: hold(*without)}, lambda: hold(*with_traces), rounds=ROUNDS)["off"]
    note = f"{found.rate.figure:,.0f}/s of {found.rate.bound:,.0f}/s; {found.rate.spread}"
    show(Figure("holds, with traces / without", f"{found.rate.value:.3f}", note=note))
    processor = found.processor
    note = f"{processor.figure * 1000:.2f} ms of {processor.bound * 1000:.2f} ms; {processor.spread}"
    show(at_most("  the web's processor time", processor.value, LIMIT, "", note=note, digits=3))


def _purchases(
    without: tuple[BenchServer, holds.Tickets], with_traces: tuple[BenchServer, holds.Tickets]
) -> None:
    off: list[Spent] = [cost_of_purchases(*without)]
    on: list[Spent] = []
    for _ in range(ROUNDS):
        on.append(cost_of_purchases(*with_traces))
        off.append(cost_of_purchases(*without))
    for name in (*(one.name for one in fields(Spent)), "total"):
        found = ratio([getattr(one, name) for one in on], [getattr(one, name) for one in off])
        note = f"{found.figure * 1000:.1f} ms of {found.bound * 1000:.1f} ms; {found.spread}"
        title = f"purchase, {NAMES.get(name, name)}, processor time, with traces / without"
        if name == "total":
            show(at_most(title, found.value, LIMIT, "", note=note, digits=3))
        else:
            show(Figure(title, f"{found.value:.3f}", note=note))


@contextmanager
def _collector() -> Iterator[str]:
    """A server that accepts and forgets everything."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
